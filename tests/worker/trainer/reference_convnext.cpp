#include "tests/worker/trainer/reference.h"

namespace spin {
namespace {

using torch::Tensor;

Tensor column_of(const Tensor& values) { return values.view({1, -1, 1, 1}); }

/// A linear layer at every position. x [N, C, H, W].
Tensor across(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return torch::einsum("nchw,oc->nohw", {x, weight}) + column_of(bias);
}

}  // namespace

Tensor reference_convnext(const ReferenceWeights& weights, const Tensor& images) {
  const auto& network = weights.config().network;
  auto x = reference_patches(weights, images);
  for (int layer = 0; layer < network.depth; ++layer) {
    const auto mixed = reference_depthwise(x, weights.weight("depthwise", Component::depthwise, layer),
                                           weights.vector("depthwise", "bias", Component::depthwise, layer));
    const auto normed =
        reference_layer_norm(mixed.permute({0, 2, 3, 1}),
                             weights.vector("depthwise", "norm.weight", Component::norm, layer),
                             weights.vector("depthwise", "norm.bias", Component::norm, layer))
            .permute({0, 3, 1, 2});
    const auto hidden = across(normed, weights.weight("expand", Component::pointwise, layer),
                               weights.vector("expand", "bias", Component::pointwise, layer));
    auto change = across(reference_activation(hidden, network.activation),
                         weights.weight("contract", Component::pointwise, layer),
                         weights.vector("contract", "bias", Component::pointwise, layer));
    if (network.layer_scale > 0) change = change * column_of(weights.own("scale", "weight", layer));
    x = x + change;
  }
  const auto features =
      reference_layer_norm(x.mean({2, 3}), weights.at("head.norm.weight"), weights.at("head.norm.bias"));
  return torch::matmul(features, weights.at("head.weight").t()) + weights.at("head.bias");
}

}  // namespace spin
