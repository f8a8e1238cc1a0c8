#pragma once

#include <string>

namespace spin {

/// How the original per-layer weights V_j of a group become its one weight (SPIN, Section 3.2).
enum class FusionStrategy {
  none,
  choose_first,
  mean,
  scalar_weighted_mean,
  channel_weighted_mean,
  pointwise_convolution,
};
enum class FusionInit { pretrained, random };

struct Fusion {
  FusionStrategy strategy = FusionStrategy::none;
  FusionInit init =
      FusionInit::pretrained;  ///< where the V_j start: the unshared network, or random (Table 10)
  bool operator==(const Fusion&) const = default;
};

/// "none", "mean", "mean (random)".
std::string fusion_label(const Fusion& fusion);

}  // namespace spin
