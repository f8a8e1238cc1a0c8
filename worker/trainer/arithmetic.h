#pragma once

#include <torch/torch.h>

#include "schema/design/network.h"

namespace spin {

enum class Mode { train, evaluate };

/// Weight and bias of a convolution, [out, Cin, K, K] and [out], of a linear layer, [out, in] and [out], or
/// of a LayerNorm, each [C].
struct WeightAndBias {
  torch::Tensor weight;
  torch::Tensor bias;
};

/// BatchNorm over channels: weight, bias and running statistics, each [C].
struct BatchNorm {
  torch::Tensor weight, bias;
  torch::Tensor mean, variance;
};

// The operations that blocks are made of. Activations of images are logical [N, C, H, W] in channels-last
// memory throughout.

/// The memory of a channels-last tensor as one row of elements: [N * H * W * C]. Elementwise operations run
/// several times faster on it than on the four-dimensional view of the same memory.
torch::Tensor flat(const torch::Tensor& x);
/// The flat row `row` as a channels-last tensor of the shape of `like`.
torch::Tensor unflat(const torch::Tensor& row, const torch::Tensor& like);
/// a + b of equal shapes, channels-last.
torch::Tensor add_flat(const torch::Tensor& a, const torch::Tensor& b);

torch::Tensor activate(const torch::Tensor& row, Activation activation);

/// Convolution PxP of stride P. images [N, Cin, R, R] -> [N, C, R / P, R / P].
torch::Tensor patches(const torch::Tensor& images, const WeightAndBias& weights);
/// Convolution KxK of each channel on its own, zeros around. weight [C, 1, K, K].
torch::Tensor depthwise(const torch::Tensor& x, const WeightAndBias& weights);

/// In training mode the statistics are those of `x`, and the running ones move towards them.
torch::Tensor batch_norm(const torch::Tensor& x, const BatchNorm& norm, Mode mode);

/// x [..., C].
torch::Tensor layer_norm(const torch::Tensor& x, const WeightAndBias& norm);

/// What the inverted bottleneck of a block computes with: [H, C] and [C, H] for a hidden width H.
struct MlpWeights {
  WeightAndBias expand, contract;
};
/// contract(activation(expand(rows))): [rows, C] -> [rows, C].
torch::Tensor mlp(const torch::Tensor& rows, const MlpWeights& weights, Activation activation);

/// Mean over positions: [N, C, H, W] -> [N, C].
torch::Tensor global_average(const torch::Tensor& x);
/// Dropout (in training mode), then the linear head, in the head's own precision even under autocast: logits
/// of bf16 have 8 bits, and so tie where a network is sure of itself. features [N, C] -> [N, classes].
torch::Tensor classify(const torch::Tensor& features, const WeightAndBias& head, double dropout, Mode mode);

}  // namespace spin
