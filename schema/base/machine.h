#pragma once

#include <cstdint>

namespace spin {

/// Bytes that this process may come to use before the kernel kills something: the machine's memory, or what
/// the control groups of the process allow where that is less.
std::int64_t machine_memory();

}  // namespace spin
