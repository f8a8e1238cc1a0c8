#include "tests/worker/trainer/reference_convmixer.h"

#include <cmath>
#include <string>

#include "worker/trainer/tensor_file.h"

namespace spin {
namespace {

using torch::Tensor;

class Reference {
 public:
  Reference(const JobConfig& config, const ConvMixer& network, bool training)
      : config_(config), file_{{}, network.folded()}, training_(training) {}

  Tensor logits(const Tensor& images) const {
    auto x = norm(activate(embed(images)), "embed.norm");
    for (int layer = 0; layer < config_.network.depth; ++layer) {
      x = x + norm(activate(depthwise(x, layer)), "depthwise." + std::to_string(layer) + ".norm");
      const auto y = norm(activate(pointwise(x, layer)), "pointwise." + std::to_string(layer) + ".norm");
      x = config_.network.pointwise_residual ? x + y : y;
    }
    return torch::matmul(x.mean({2, 3}), at("head.weight").t()) + at("head.bias");
  }

 private:
  Tensor at(const std::string& name) const { return file_.find(name).to(torch::kDouble); }
  Tensor of_layer(const char* component, const char* kind, Component shares, int layer) const {
    const int index =
        config_.components.has(shares) ? config_.topology.layers()[static_cast<std::size_t>(layer)] : layer;
    return at(std::string(component) + "." + std::to_string(index) + "." + kind);
  }
  Tensor activate(const Tensor& x) const {
    if (config_.network.activation == Activation::relu) return x.clamp_min(0);
    return x * 0.5 * (1 + torch::erf(x / std::sqrt(2.0)));
  }
  Tensor norm(const Tensor& x, const std::string& name) const {
    const auto column = [](const Tensor& t) { return t.view({1, -1, 1, 1}); };
    const auto mean = training_ ? x.mean({0, 2, 3}) : at(name + ".mean");
    const auto variance = training_ ? (x - column(mean)).pow(2).mean({0, 2, 3}) : at(name + ".variance");
    const auto scaled = (x - column(mean)) / column((variance + 1e-5).sqrt());
    return scaled * column(at(name + ".weight")) + column(at(name + ".bias"));
  }
  Tensor embed(const Tensor& images) const {
    const int patch = config_.network.patch;
    const auto side = images.size(2) / patch;
    const auto weight = at("embed.weight").flatten(1);  // [C, Cin * P * P]
    auto out = torch::zeros({images.size(0), weight.size(0), side, side}, torch::kDouble);
    for (std::int64_t y = 0; y < side; ++y)
      for (std::int64_t x = 0; x < side; ++x) {
        const auto piece = images.narrow(2, y * patch, patch).narrow(3, x * patch, patch).flatten(1);
        out.select(3, x).select(2, y).copy_(torch::matmul(piece, weight.t()) + at("embed.bias"));
      }
    return out;
  }
  Tensor depthwise(const Tensor& x, int layer) const {
    const auto weight = of_layer("depthwise", "weight", Component::depthwise, layer);
    const int kernel = config_.network.kernel;
    const int pad = kernel / 2;
    const auto padded = torch::constant_pad_nd(x, {pad, pad, pad, pad});
    auto out = torch::zeros_like(x);
    for (int dy = 0; dy < kernel; ++dy)
      for (int dx = 0; dx < kernel; ++dx)
        out += padded.narrow(2, dy, x.size(2)).narrow(3, dx, x.size(3)) *
               weight.select(3, dx).select(2, dy).view({1, -1, 1, 1});
    return out + of_layer("depthwise", "bias", Component::bias, layer).view({1, -1, 1, 1});
  }
  Tensor pointwise(const Tensor& x, int layer) const {
    const auto weight = of_layer("pointwise", "weight", Component::pointwise, layer).flatten(1);
    return torch::einsum("nchw,oc->nohw", {x, weight}) +
           of_layer("pointwise", "bias", Component::bias, layer).view({1, -1, 1, 1});
  }

  const JobConfig& config_;
  TensorFile file_;
  bool training_;
};

}  // namespace

torch::Tensor reference_logits(const JobConfig& config, const ConvMixer& network, Mode mode,
                               const torch::Tensor& images) {
  return Reference(config, network, mode == Mode::train).logits(images);
}

}  // namespace spin
