#include "worker/trainer/mlp_mixer.h"

namespace spin {

torch::Tensor mlp_mixer_block(const torch::Tensor& x, const MlpMixerWeights& weights,
                              const StochasticDepth& depth) {
  const auto images = x.size(0);
  const auto channels = layer_norm(x, weights.token_norm).transpose(1, 2);               // [N, C, T]
  const auto rows = channels.reshape({-1, x.size(1)});                                   // [N * C, T]
  const auto mixed = mlp(rows, weights.token, Activation::gelu).view(channels.sizes());  // [N, C, T]
  const auto y = x + depth(mixed, images).transpose(1, 2);
  const auto places = layer_norm(y, weights.mlp_norm).reshape({-1, x.size(2)});  // [N * T, C]
  return y + depth(mlp(places, weights.mlp, Activation::gelu), images).view(y.sizes());
}

MlpMixer::MlpMixer(const Train& config)
    : Model(config),
      embed_(store().weight_and_bias("embed")),
      token_norm_(store().layer_norms("token")),
      mlp_norm_(store().layer_norms("mlp")),
      token_expand_(store().weights_and_biases("token_expand")),
      token_contract_(store().weights_and_biases("token_contract")),
      expand_(store().weights_and_biases("expand")),
      contract_(store().weights_and_biases("contract")),
      head_norm_(store().layer_norm("head")),
      head_(store().weight_and_bias("head")) {}

torch::Tensor MlpMixer::forward(const torch::Tensor& images, const Weights& weights, Mode mode) const {
  auto x = patches(images, embed_).permute({0, 2, 3, 1}).flatten(1, 2);  // [N, T, C]
  for (std::size_t layer = 0; layer < static_cast<std::size_t>(network().depth); ++layer)
    x = mlp_mixer_block(x,
                        {weights.of(token_norm_, layer),
                         {weights.of(token_expand_, layer), weights.of(token_contract_, layer)},
                         weights.of(mlp_norm_, layer),
                         {weights.of(expand_, layer), weights.of(contract_, layer)}},
                        stochastic_depth(layer, mode));
  return classify(layer_norm(x, head_norm_).mean(1), head_, network().dropout, mode);
}

}  // namespace spin
