#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <torch/torch.h>

#include "schema/design/sharing.h"

namespace spin {

/// f_i(W) = a * W + b of SPIN, Eq. 1: for each layer after the first of its group a pointwise convolution
/// over the output channels of the group's weight, in groups of G channels. Starts as the identity.
class WeightTransform {
 public:
  /// What one layer adds to the network's parameters.
  struct Affine {
    torch::Tensor weight;  ///< a [out, G]: output channel o mixes the G channels of its group
    torch::Tensor bias;    ///< b [out]
  };

  /// `group` is G and divides `out_channels`.
  WeightTransform(int group, const Topology& topology, std::int64_t out_channels);

  /// The weight that `layer` computes with, given its group's, [out, ...].
  [[nodiscard]] torch::Tensor apply(const torch::Tensor& weight, std::size_t layer) const;

  /// By layer; nothing for the first layer of each group.
  [[nodiscard]] const std::vector<std::optional<Affine>>& layers() const { return layers_; }

 private:
  std::vector<std::optional<Affine>> layers_;
};

}  // namespace spin
