#pragma once

#include <cstdint>
#include <string>

namespace spin::daemon {

/// Bytes that jobs may use on the device, "cpu" or "cuda:K", if they have it to themselves: nine tenths of
/// what the machine or the control group has, or all of the GPU, which `nvidia-smi` is asked for; 0 where
/// nobody says. Call it from the process's main thread: see spawn().
std::int64_t device_memory(const std::string& device);

}  // namespace spin::daemon
