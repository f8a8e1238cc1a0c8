#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "schema/base/result.h"

namespace spin::daemon {

/// How long a trainer may take to say what devices there are: a driver in trouble hangs for ever.
inline constexpr std::chrono::seconds kDevicesLimit{60};
/// How long a device that cannot be opened is asked for again: the trainers of a worker that was killed hold
/// it until they are gone.
inline constexpr std::chrono::seconds kOpenLimit{30};

/// Bytes that jobs may use on the device, "cpu" or "cuda:K", if they have it to themselves: nine tenths of
/// what the machine or the control group has, or all of the GPU, for which `TRAINER --devices` is asked; 0
/// where nobody says. invalid_argument where there is no such device, with those that there are; unavailable
/// where the trainer cannot open it within `open_limit` or does not answer in time. Call it from the
/// process's main thread: see spawn().
Result<std::int64_t> device_memory(const std::string& device, const std::string& trainer,
                                   std::chrono::milliseconds limit = kDevicesLimit,
                                   std::chrono::milliseconds open_limit = kOpenLimit);

}  // namespace spin::daemon
