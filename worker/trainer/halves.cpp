#include "worker/trainer/halves.h"

namespace spin {
namespace {

torch::Tensor activate_and_normalise(const torch::Tensor& x, const BatchNorm& norm, Activation activation,
                                     Mode mode) {
  return batch_norm(unflat(activate(flat(x), activation), x), norm, mode);
}

}  // namespace

torch::Tensor embed(const torch::Tensor& images, const HalfWeights& weights, Activation activation,
                    Mode mode) {
  return activate_and_normalise(patches(images, weights.convolution), weights.norm, activation, mode);
}

torch::Tensor depthwise_half(const torch::Tensor& x, const HalfWeights& weights, Activation activation,
                             Mode mode) {
  const auto mixed = depthwise(x, weights.convolution);
  return add_flat(x, activate_and_normalise(mixed, weights.norm, activation, mode));
}

torch::Tensor pointwise_half(const torch::Tensor& x, const HalfWeights& weights, Activation activation,
                             bool residual, Mode mode) {
  const auto mixed = torch::conv2d(x, weights.convolution.weight, weights.convolution.bias);
  const auto out = activate_and_normalise(mixed, weights.norm, activation, mode);
  return residual ? add_flat(x, out) : out;
}

}  // namespace spin
