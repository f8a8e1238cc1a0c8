#pragma once

#include <chrono>
#include <cstdint>

namespace spin {

/// Milliseconds since the Unix epoch. For people and files: leases run on monotonic time.
inline std::int64_t wall_clock_ms() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

}  // namespace spin
