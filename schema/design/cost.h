#pragma once

#include <cstdint>

#include "schema/design/config.h"

namespace spin {

/// Size of a network as the paper counts it: folded, that is, after fusion has been folded away; transforms
/// stay.
struct Cost {
  std::int64_t params = 0;
  /// Multiply-accumulates of convolutions, linear layers and attention products for one image, plus 2 per
  /// BatchNorm and 5 per LayerNorm output element; a transform adds its own (SPIN, Tables 1-10).
  std::int64_t flops = 0;
  bool operator==(const Cost&) const = default;
};

/// Of a configuration that validate() accepts.
Cost cost_of(const Train& config);

/// Parameters that training changes: under fusion, every layer's original weights and the coefficients.
std::int64_t trained_params(const Train& config);

/// Running means and variances of BatchNorms, in elements.
std::int64_t norm_statistics(const Train& config);

}  // namespace spin
