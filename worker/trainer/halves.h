#pragma once

#include <torch/torch.h>

#include "schema/design/network.h"

namespace spin {

enum class Mode { train, evaluate };

/// BatchNorm over channels: affine parameters and running statistics, each [C].
struct Norm {
  torch::Tensor weight, bias;
  torch::Tensor mean, variance;
};

/// What a half block computes with.
struct HalfWeights {
  torch::Tensor weight;  ///< depthwise [C, 1, K, K], pointwise [C, C, 1, 1]
  torch::Tensor bias;    ///< [C]
  const Norm* norm = nullptr;
};

// The arithmetic of a ConvMixer block. Activations are logical [N, C, H, W] in channels-last memory
// throughout. In training mode each call moves the running statistics of its norm.

/// Patch embedding: norm(activation(conv PxP, stride P)). images [N, Cin, R, R] -> [N, C, R / P, R / P].
torch::Tensor embed(const torch::Tensor& images, const HalfWeights& weights, Activation activation,
                    Mode mode);

/// x + norm(activation(depthwise KxK)).
torch::Tensor depthwise_half(const torch::Tensor& x, const HalfWeights& weights, Activation activation,
                             Mode mode);

/// norm(activation(pointwise 1x1)), plus x where `residual`.
torch::Tensor pointwise_half(const torch::Tensor& x, const HalfWeights& weights, Activation activation,
                             bool residual, Mode mode);

/// Mean over positions: [N, C, H, W] -> [N, C].
torch::Tensor global_average(const torch::Tensor& x);

}  // namespace spin
