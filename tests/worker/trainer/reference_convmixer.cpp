#include "tests/worker/trainer/reference.h"

namespace spin {
namespace {

using torch::Tensor;

Tensor column(const Tensor& values) { return values.view({1, -1, 1, 1}); }

struct Statistics {
  Tensor mean, variance;
};

/// `running` is what evaluation uses; training takes the batch's own.
Tensor normalise(const Tensor& x, const Tensor& weight, const Tensor& bias, const Statistics& running,
                 Mode mode) {
  const bool training = mode == Mode::train;
  const auto mean = training ? x.mean({0, 2, 3}) : running.mean;
  const auto variance = training ? (x - column(mean)).pow(2).mean({0, 2, 3}) : running.variance;
  return (x - column(mean)) / column((variance + 1e-5).sqrt()) * column(weight) + column(bias);
}

}  // namespace

Tensor reference_convmixer(const ReferenceWeights& weights, Mode mode, const Tensor& images) {
  const auto& network = weights.config().network;
  const auto activate = [&](const Tensor& x) { return reference_activation(x, network.activation); };
  const auto norm = [&](const Tensor& x, const char* name, int layer) {
    return normalise(x, weights.vector(name, "norm.weight", Component::bn, layer),
                     weights.vector(name, "norm.bias", Component::bn, layer),
                     {weights.statistic(name, "mean", layer), weights.statistic(name, "variance", layer)},
                     mode);
  };
  auto x = normalise(activate(reference_patches(weights, images)), weights.at("embed.norm.weight"),
                     weights.at("embed.norm.bias"),
                     {weights.at("embed.norm.mean"), weights.at("embed.norm.variance")}, mode);
  for (int layer = 0; layer < network.depth; ++layer) {
    const auto mixed = reference_depthwise(x, weights.weight("depthwise", Component::depthwise, layer),
                                           weights.vector("depthwise", "bias", Component::bias, layer));
    x = x + norm(activate(mixed), "depthwise", layer);
    const auto pointwise = weights.weight("pointwise", Component::pointwise, layer).flatten(1);
    const auto across = torch::einsum("nchw,oc->nohw", {x, pointwise}) +
                        column(weights.vector("pointwise", "bias", Component::bias, layer));
    const auto y = norm(activate(across), "pointwise", layer);
    x = network.pointwise_residual ? x + y : y;
  }
  return torch::matmul(x.mean({2, 3}), weights.at("head.weight").t()) + weights.at("head.bias");
}

}  // namespace spin
