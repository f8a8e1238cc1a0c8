#pragma once

#include <torch/torch.h>

#include "worker/trainer/arithmetic.h"

namespace spin {

/// What a half block of a ConvMixer computes with.
struct HalfWeights {
  WeightAndBias convolution;  ///< depthwise [C, 1, K, K], pointwise [C, C, 1, 1]
  BatchNorm norm;
};

// The arithmetic of a ConvMixer. In training mode each call moves the running statistics of its norm.

/// Patch embedding: norm(activation(conv PxP, stride P)). images [N, Cin, R, R] -> [N, C, R / P, R / P].
torch::Tensor embed(const torch::Tensor& images, const HalfWeights& weights, Activation activation,
                    Mode mode);

/// x + norm(activation(depthwise KxK)).
torch::Tensor depthwise_half(const torch::Tensor& x, const HalfWeights& weights, Activation activation,
                             Mode mode);

/// norm(activation(pointwise 1x1)), plus x where `residual`.
torch::Tensor pointwise_half(const torch::Tensor& x, const HalfWeights& weights, Activation activation,
                             bool residual, Mode mode);

}  // namespace spin
