#pragma once

#include <cstdint>
#include <vector>

#include <torch/torch.h>

#include "schema/design/sharing.h"

namespace spin {

/// f_i(W) = a * W + b of SPIN, Eq. 1: for each layer after the first of its group a pointwise convolution
/// over the output channels of the group's weight, in groups of G channels. Starts as the identity.
class WeightTransform {
 public:
  /// `group` is G and divides `out_channels`.
  WeightTransform(int group, const Topology& topology, std::int64_t out_channels);

  /// Weights of the groups [groups, out, ...] -> what each of layers() computes with, [layers, out, ...].
  [[nodiscard]] torch::Tensor apply(const torch::Tensor& weights) const;

  /// Those after the first of their groups, ascending.
  [[nodiscard]] const std::vector<int>& layers() const { return layers_; }
  /// a [layers, out, G]: output channel o mixes the G channels of its group.
  [[nodiscard]] const torch::Tensor& weight() const { return weight_; }
  /// b [layers, out].
  [[nodiscard]] const torch::Tensor& bias() const { return bias_; }
  void move_to(const torch::TensorOptions& options);

 private:
  std::vector<int> layers_;
  torch::Tensor weight_, bias_;
  torch::Tensor groups_;  // [layers], int64: the group of each
};

}  // namespace spin
