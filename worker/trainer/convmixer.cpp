#include "worker/trainer/convmixer.h"

namespace spin {

ConvMixer::ConvMixer(const Train& config)
    : Model(config),
      embed_{store().weight_and_bias("embed"), store().batch_norm("embed")},
      depthwise_{store().weights_and_biases("depthwise"), store().batch_norms("depthwise")},
      pointwise_{store().weights_and_biases("pointwise"), store().batch_norms("pointwise")},
      head_(store().weight_and_bias("head")) {}

HalfWeights ConvMixer::half(const Half& half, const Weights& weights, std::size_t layer) const {
  return {weights.of(half.convolution, layer), store().batch_norm(half.norm, weights, layer)};
}

torch::Tensor ConvMixer::forward(const torch::Tensor& images, const Weights& weights, Mode mode) const {
  const auto activation = network().activation;
  auto x = embed(images, embed_, activation, mode);  // [N, C, H, W]
  for (std::size_t layer = 0; layer < static_cast<std::size_t>(network().depth); ++layer) {
    x = depthwise_half(x, half(depthwise_, weights, layer), activation, mode);
    x = pointwise_half(x, half(pointwise_, weights, layer), activation, network().pointwise_residual, mode);
  }
  return classify(global_average(x), head_, network().dropout, mode);
}

}  // namespace spin
