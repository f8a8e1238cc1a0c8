#pragma once

#include <cstddef>

#include <torch/torch.h>

namespace spin {

/// Stochastic depth (Huang et al., 2016), as timm's DropPath has it: an image's branch is left out with a
/// probability, and divided by the probability to stay otherwise. What is drawn comes from the generator of
/// the images' device, whose state checkpoints hold.
struct StochasticDepth {
  double drop = 0;  ///< probability

  /// Grows linearly over the blocks, from 0 to `last` at the last of `depth`.
  static StochasticDepth of_block(std::size_t layer, int depth, double last) {
    return {depth > 1 ? last * static_cast<double>(layer) / (depth - 1) : 0};
  }

  /// `branch` [N, ...], or [N * rows, ...] where an image has several rows; N = `images`.
  [[nodiscard]] torch::Tensor operator()(const torch::Tensor& branch, std::int64_t images) const;
};

}  // namespace spin
