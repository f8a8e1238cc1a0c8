#pragma once

#include <string>

namespace spin {

/// "[1UNIT, 2UNIT, ...]", the values of an axis of a large sweep.
inline std::string number_list(int count, const std::string& unit) {
  std::string list;
  for (int i = 1; i <= count; ++i) list += (i == 1 ? "" : ", ") + std::to_string(i) + unit;
  return "[" + list + "]";
}

}  // namespace spin
