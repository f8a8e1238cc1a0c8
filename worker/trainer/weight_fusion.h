#pragma once

#include <cstdint>

#include <torch/torch.h>

#include "schema/design/fusion.h"
#include "schema/design/sharing.h"

namespace spin {

/// F of SPIN, Section 3.2: makes the one weight W of each group from the original weights V_k of its S
/// layers. Means are W = 1/S sum_k A_k V_k, where A_k is 1 (mean), a number, a number per output channel, or
/// a matrix over output channels (pointwise_convolution); all start as the plain mean.
class WeightFusion {
 public:
  /// `out_channels` is the first dimension of an original; `strategy` is not none.
  WeightFusion(FusionStrategy strategy, const Topology& topology, std::int64_t out_channels);

  /// Originals [L, out, ...] -> weights [groups, out, ...]. Differentiable to originals and coefficients.
  [[nodiscard]] torch::Tensor fuse(const torch::Tensor& originals) const;

  /// The A_k as one leaf, [L], [L, out] or [L, out, out]; undefined where the strategy has none.
  [[nodiscard]] const torch::Tensor& coefficients() const { return coefficients_; }
  void move_to(const torch::TensorOptions& options);

 private:
  [[nodiscard]] torch::Tensor weighted(const torch::Tensor& originals) const;

  torch::Tensor coefficients_;
  torch::Tensor mixing_;  // [groups, L]: row g holds 1/S for the layers of group g
};

}  // namespace spin
