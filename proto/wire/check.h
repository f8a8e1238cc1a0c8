#pragma once

#include <cmath>
#include <concepts>
#include <string>
#include <string_view>

#include "schema/base/result.h"

// Checks that from_wire() shares. `field` is the dotted path of the field within its message.

namespace spin::wire {

inline Error rejected(std::string_view field, std::string_view problem) {
  return Error{ErrorCode::invalid_argument, std::string(field) + " " + std::string(problem)};
}

template <std::integral T>
Status check_at_least(std::string_view field, T value, T least) {
  if (value >= least) return {};
  return rejected(field,
                  "is " + std::to_string(value) + "; " + std::to_string(least) + " or more is accepted");
}

inline Status check_count(std::string_view field, int count, int most) {
  if (count <= most) return {};
  return rejected(field,
                  "are " + std::to_string(count) + "; at most " + std::to_string(most) + " are accepted");
}

inline Status check_finite_not_negative(std::string_view field, double value) {
  if (std::isfinite(value) && value >= 0) return {};
  return rejected(field, "is " + std::to_string(value) + "; a finite number of 0 or more is accepted");
}

}  // namespace spin::wire
