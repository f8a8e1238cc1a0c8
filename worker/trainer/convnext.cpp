#include "worker/trainer/convnext.h"

namespace spin {
namespace {

/// [N, C, H, W] -> [N * H * W, C], the same memory.
torch::Tensor rows_of(const torch::Tensor& x) { return x.permute({0, 2, 3, 1}).reshape({-1, x.size(1)}); }

}  // namespace

torch::Tensor convnext_block(const torch::Tensor& x, const ConvNextWeights& weights, Activation activation,
                             const StochasticDepth& depth) {
  const auto mixed = rows_of(depthwise(x, weights.depthwise));  // [N * H * W, C]
  const auto change =
      depth(mlp(layer_norm(mixed, weights.norm), weights.mlp, activation), x.size(0));  // [N * H * W, C]
  const auto rows = rows_of(x);
  return unflat(weights.scale.defined() ? torch::addcmul(rows, change, weights.scale) : rows + change, x);
}

ConvNext::ConvNext(const Train& config)
    : Model(config),
      embed_(store().weight_and_bias("embed")),
      depthwise_(store().weights_and_biases("depthwise")),
      expand_(store().weights_and_biases("expand")),
      contract_(store().weights_and_biases("contract")),
      norm_(store().layer_norms("depthwise")),
      head_norm_(store().layer_norm("head")),
      head_(store().weight_and_bias("head")) {
  if (network().layer_scale > 0) scale_ = store().layers("scale.weight");
}

torch::Tensor ConvNext::forward(const torch::Tensor& images, const Weights& weights, Mode mode) const {
  auto x = patches(images, embed_);  // [N, C, H, W]
  for (std::size_t layer = 0; layer < static_cast<std::size_t>(network().depth); ++layer)
    x = convnext_block(x,
                       {weights.of(depthwise_, layer),
                        weights.of(norm_, layer),
                        {weights.of(expand_, layer), weights.of(contract_, layer)},
                        scale_ ? weights.of(*scale_, layer) : torch::Tensor()},
                       network().activation, stochastic_depth(layer, mode));
  return classify(layer_norm(global_average(x), head_norm_), head_, network().dropout, mode);
}

}  // namespace spin
