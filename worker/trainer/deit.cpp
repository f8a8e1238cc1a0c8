#include "worker/trainer/deit.h"

namespace spin {

torch::Tensor deit_block(const torch::Tensor& x, const DeitWeights& weights, int heads,
                         const StochasticDepth& depth) {
  const auto mixed = attention(layer_norm(x, weights.attention_norm), weights.attention, heads);
  const auto y = x + depth(mixed, x.size(0));
  const auto rows = layer_norm(y, weights.mlp_norm).view({-1, x.size(2)});  // [N * T, C]
  return y + depth(mlp(rows, weights.mlp, Activation::gelu), x.size(0)).view(x.sizes());
}

Deit::Deit(const Train& config)
    : Model(config),
      embed_(store().weight_and_bias("embed")),
      class_token_(store().single("class_token")),
      positions_(store().single("positions")),
      attention_norm_(store().layer_norms("attention")),
      mlp_norm_(store().layer_norms("mlp")),
      qkv_(store().weights_and_biases("qkv")),
      projection_(store().weights_and_biases("projection")),
      expand_(store().weights_and_biases("expand")),
      contract_(store().weights_and_biases("contract")),
      head_norm_(store().layer_norm("head")),
      head_(store().weight_and_bias("head")) {}

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
