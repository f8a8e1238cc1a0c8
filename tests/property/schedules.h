#pragma once

#include <cstdint>

namespace spin::core {

/// Which seeds the short histories run: set by the command line before the tests run.
struct Seeds {
  std::uint64_t first = 1;
  std::uint64_t count = 100'000;
};
Seeds& seeds();

}  // namespace spin::core
