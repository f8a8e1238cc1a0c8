#pragma once

#include <torch/torch.h>

#include "worker/trainer/arithmetic.h"

namespace spin {

/// What self-attention computes with: [3C, C] (queries, keys, values, each head after head) and [C, C].
struct AttentionWeights {
  WeightAndBias qkv, projection;
};

/// Softmax self-attention with `heads` heads of width C / heads. x [N, T, C] -> [N, T, C].
torch::Tensor attention(const torch::Tensor& x, const AttentionWeights& weights, int heads);

}  // namespace spin
