#include "tests/worker/trainer/reference.h"

namespace spin {
namespace {

using torch::Tensor;

/// weight x + bias for each column of x [N, in, columns].
Tensor reference_columns(const ReferenceWeights& weights, const Tensor& x, const char* name, int layer) {
  const auto weight = weights.weight(name, Component::token_mixing, layer);
  const auto bias = weights.vector(name, "bias", Component::token_mixing, layer);
  return torch::matmul(weight, x) + bias.view({1, -1, 1});
}

Tensor reference_rows(const ReferenceWeights& weights, const Tensor& x, const char* name, int layer) {
  return torch::matmul(x, weights.weight(name, Component::mlp, layer).t()) +
         weights.vector(name, "bias", Component::mlp, layer);
}

}  // namespace

Tensor reference_mlp_mixer(const ReferenceWeights& weights, const Tensor& images) {
  auto x = reference_patches(weights, images).flatten(2).transpose(1, 2);  // [N, T, C]
  for (int layer = 0; layer < weights.config().network.depth; ++layer) {
    const auto norm = [&](const char* name) {
      return reference_layer_norm(x, weights.vector(name, "norm.weight", Component::norm, layer),
                                  weights.vector(name, "norm.bias", Component::norm, layer));
    };
    const auto gelu = [](const Tensor& hidden) { return reference_activation(hidden, Activation::gelu); };
    x = x + reference_columns(weights, gelu(reference_columns(weights, norm("token"), "token_expand", layer)),
                              "token_contract", layer);
    x = x + reference_rows(weights, gelu(reference_rows(weights, norm("mlp"), "expand", layer)), "contract",
                           layer);
  }
  const auto features =
      reference_layer_norm(x, weights.at("head.norm.weight"), weights.at("head.norm.bias")).mean(1);
  return torch::matmul(features, weights.at("head.weight").t()) + weights.at("head.bias");
}

}  // namespace spin
