#include "worker/trainer/convnext.h"

namespace spin {
namespace {

constexpr Normal kWeightStart{0.02};
constexpr Constant kBiasStart{0};

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

ConvNext::ConvNext(const JobConfig& config) : Model(config) {
  const std::int64_t channels = network().channels;
  const std::int64_t hidden = hidden_channels(network());
  const std::int64_t kernel = network().kernel;
  const std::int64_t patch = network().patch;
  const std::int64_t classes = config.dataset.facts.classes;
  const auto add = [&](const char* name, std::vector<std::int64_t> shape, Component component) {
    const bool shared = config.components.has(component);
    return store().add_affines(name, std::move(shape), {kWeightStart, kBiasStart}, {shared, shared});
  };

  embed_.weight = store().add(
      {"embed.weight", {channels, config.dataset.facts.channels, patch, patch}, kWeightStart, true});
  embed_.bias = store().add({"embed.bias", {channels}, kBiasStart});
  depthwise_ = add("depthwise", {channels, 1, kernel, kernel}, Component::depthwise);
  norm_ = store().add_layer_norms("depthwise", channels, config.components.has(Component::norm));
  expand_ = add("expand", {hidden, channels}, Component::pointwise);
  contract_ = add("contract", {channels, hidden}, Component::pointwise);
  if (network().layer_scale > 0)
    scale_ = store().add_layers(
        {"scale", "weight", {channels}, Constant{network().layer_scale}, LayerWeights::Role::vector});
  head_norm_ = store().add_layer_norm("head.norm", channels);
  head_.weight = store().add({"head.weight", {classes, channels}, kWeightStart, true});
  head_.bias = store().add({"head.bias", {classes}, kBiasStart});
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
