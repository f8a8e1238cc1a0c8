#include "worker/trainer/convmixer.h"

#include <cmath>

namespace spin {
namespace {

/// PyTorch's default for convolutions and linear layers: kaiming_uniform(a = sqrt(5)).
Uniform default_start(std::int64_t fan_in) { return {1 / std::sqrt(static_cast<double>(fan_in))}; }

}  // namespace

ConvMixer::ConvMixer(const JobConfig& config) : Model(config) {
  const std::int64_t channels = network().channels;
  const std::int64_t kernel = network().kernel;
  const std::int64_t patch = network().patch;
  const std::int64_t in_channels = config.dataset.facts.channels;
  const std::int64_t classes = config.dataset.facts.classes;
  const auto shares = [&](Component component) { return config.components.has(component); };

  const auto embed_start = default_start(in_channels * patch * patch);
  embed_.affine.weight =
      store().add({"embed.weight", {channels, in_channels, patch, patch}, embed_start, true});
  embed_.affine.bias = store().add({"embed.bias", {channels}, embed_start});
  embed_.norm = store().add_batch_norm("embed.norm", channels);

  const auto add_half = [&](const char* name, std::vector<std::int64_t> shape, std::int64_t fan_in,
                            Component component) {
    const auto start = default_start(fan_in);
    return store().add_affines(name, std::move(shape), {start, start},
                               {shares(component), shares(Component::bias)});
  };
  depthwise_.affine =
      add_half("depthwise", {channels, 1, kernel, kernel}, kernel * kernel, Component::depthwise);
  pointwise_.affine = add_half("pointwise", {channels, channels, 1, 1}, channels, Component::pointwise);
  const auto norms = store().add_batch_norms({"depthwise", "pointwise"}, channels, shares(Component::bn));
  depthwise_.norm = norms[0];
  pointwise_.norm = norms[1];

  const auto head_start = default_start(channels);
  head_.weight = store().add({"head.weight", {classes, channels}, head_start, true});
  head_.bias = store().add({"head.bias", {classes}, head_start});
}

HalfWeights ConvMixer::half(const Half& half, const Weights& weights, std::size_t layer) const {
  return {weights.of(half.affine, layer), store().batch_norm(half.norm, weights, layer)};
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
