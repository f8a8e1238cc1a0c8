#pragma once

#include <cstdint>

#include "schema/design/config.h"

namespace spin {

/// Size of a network as the paper counts it (folded: after fusion has been folded away).
struct Cost {
  std::int64_t params = 0;
  /// Multiply-accumulates of convolutions, linear layers and attention products for one image, plus 2 per
  /// BatchNorm and 5 per LayerNorm output element.
  std::int64_t flops = 0;
  bool operator==(const Cost&) const = default;
};

/// unsupported for families that this version does not count.
Result<Cost> cost_of(const JobConfig& config);

}  // namespace spin
