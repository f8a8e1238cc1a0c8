#include "worker/trainer/deit.h"

namespace spin {
namespace {

constexpr Normal kDeitWeightStart{0.02};
constexpr Constant kDeitBiasStart{0};

}  // namespace

torch::Tensor deit_block(const torch::Tensor& x, const DeitWeights& weights, int heads,
                         const StochasticDepth& depth) {
  const auto mixed = attention(layer_norm(x, weights.attention_norm), weights.attention, heads);
  const auto y = x + depth(mixed, x.size(0));
  const auto rows = layer_norm(y, weights.mlp_norm).view({-1, x.size(2)});  // [N * T, C]
  return y + depth(mlp(rows, weights.mlp, Activation::gelu), x.size(0)).view(x.sizes());
}

Deit::Deit(const JobConfig& config) : Model(config) {
  const std::int64_t channels = network().channels;
  const std::int64_t hidden = hidden_channels(network());
  const std::int64_t patch = network().patch;
  const std::int64_t classes = config.dataset.facts.classes;
  const bool shares_norms = config.components.has(Component::norm);
  const auto add = [&](const char* name, std::int64_t out, std::int64_t in, Component component) {
    const bool shared = config.components.has(component);
    return store().add_affines(name, {out, in}, {kDeitWeightStart, kDeitBiasStart}, {shared, shared});
  };

  embed_.weight = store().add(
      {"embed.weight", {channels, config.dataset.facts.channels, patch, patch}, kDeitWeightStart, true});
  embed_.bias = store().add({"embed.bias", {channels}, kDeitBiasStart});
  class_token_ = store().add({"class_token", {channels}, kDeitWeightStart});
  positions_ = store().add({"positions", {positions(network()) + 1, channels}, kDeitWeightStart});
  attention_norm_ = store().add_layer_norms("attention", channels, shares_norms);
  qkv_ = add("qkv", 3 * channels, channels, Component::attention);
  projection_ = add("projection", channels, channels, Component::attention);
  mlp_norm_ = store().add_layer_norms("mlp", channels, shares_norms);
  expand_ = add("expand", hidden, channels, Component::mlp);
  contract_ = add("contract", channels, hidden, Component::mlp);
  head_norm_ = store().add_layer_norm("head.norm", channels);
  head_.weight = store().add({"head.weight", {classes, channels}, kDeitWeightStart, true});
  head_.bias = store().add({"head.bias", {classes}, kDeitBiasStart});
}

torch::Tensor Deit::embed(const torch::Tensor& images) const {
  const auto places = patches(images, embed_).permute({0, 2, 3, 1}).flatten(1, 2);  // [N, T - 1, C]
  const auto token = class_token_.expand({images.size(0), 1, -1});
  return torch::cat({token, places}, /*dim=*/1) + positions_;
}

torch::Tensor Deit::forward(const torch::Tensor& images, const Weights& weights, Mode mode) const {
  auto x = embed(images);  // [N, T, C]
  for (std::size_t layer = 0; layer < static_cast<std::size_t>(network().depth); ++layer)
    x = deit_block(x,
                   {weights.of(attention_norm_, layer),
                    {weights.of(qkv_, layer), weights.of(projection_, layer)},
                    weights.of(mlp_norm_, layer),
                    {weights.of(expand_, layer), weights.of(contract_, layer)}},
                   network().heads, stochastic_depth(layer, mode));
  return classify(layer_norm(x.select(1, 0), head_norm_), head_, network().dropout, mode);
}

}  // namespace spin
