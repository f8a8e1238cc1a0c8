#include <cmath>
#include <vector>

#include "tests/worker/trainer/reference.h"

namespace spin {
namespace {

using torch::Tensor;

class Block {
 public:
  Block(const ReferenceWeights& weights, int layer) : weights_(weights), layer_(layer) {}

  Tensor norm(const Tensor& x, const char* name) const {
    return reference_layer_norm(x, weights_.vector(name, "norm.weight", Component::norm, layer_),
                                weights_.vector(name, "norm.bias", Component::norm, layer_));
  }
  Tensor linear(const Tensor& x, const char* name, Component component) const {
    return torch::matmul(x, weights_.weight(name, component, layer_).t()) +
           weights_.vector(name, "bias", component, layer_);
  }
  /// Head by head. x [N, T, C].
  Tensor attention(const Tensor& x) const {
    const auto channels = x.size(2);
    const auto width = channels / weights_.config().network.heads;
    const auto qkv = linear(x, "qkv", Component::attention);
    std::vector<Tensor> heads;
    for (std::int64_t begin = 0; begin < channels; begin += width) {
      const auto part = [&](std::int64_t i) { return qkv.narrow(2, i * channels + begin, width); };
      const auto scores = torch::matmul(part(0), part(1).transpose(1, 2)) / std::sqrt(double(width));
      const auto powers = (scores - scores.amax({-1}, /*keepdim=*/true)).exp();
      heads.push_back(torch::matmul(powers / powers.sum(-1, /*keepdim=*/true), part(2)));
    }
    return linear(torch::cat(heads, 2), "projection", Component::attention);
  }
  Tensor mlp(const Tensor& x) const {
    return linear(reference_activation(linear(x, "expand", Component::mlp), Activation::gelu), "contract",
                  Component::mlp);
  }

 private:
  const ReferenceWeights& weights_;
  int layer_;
};

}  // namespace

Tensor reference_deit(const ReferenceWeights& weights, const Tensor& images) {
  const auto places = reference_patches(weights, images).flatten(2).transpose(1, 2);  // [N, T - 1, C]
  const auto token = weights.at("class_token").view({1, 1, -1}).repeat({images.size(0), 1, 1});
  auto x = torch::cat({token, places}, 1) + weights.at("positions");
  for (int layer = 0; layer < weights.config().network.depth; ++layer) {
    const Block block(weights, layer);
    x = x + block.attention(block.norm(x, "attention"));
    x = x + block.mlp(block.norm(x, "mlp"));
  }
  // Norm of every token, then the class token: the published order.
  const auto features =
      reference_layer_norm(x, weights.at("head.norm.weight"), weights.at("head.norm.bias")).select(1, 0);
  return torch::matmul(features, weights.at("head.weight").t()) + weights.at("head.bias");
}

}  // namespace spin
