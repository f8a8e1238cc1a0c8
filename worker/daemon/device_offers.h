#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/job/report.h"

namespace spin::daemon {

/// How long a trainer may take to say what devices there are: a driver in trouble hangs for ever.
inline constexpr std::chrono::seconds kDevicesLimit{60};
/// How long devices that cannot be opened are asked for again: the trainers of a worker that was killed hold
/// them until they are gone.
inline constexpr std::chrono::seconds kOpenLimit{30};

/// The devices that are meant by `text`, one that check_device_list() takes, in its order, with the bytes
/// that jobs may use on each if they have it to themselves: nine tenths of what the machine or the control
/// group has, or all of the GPU, for which `TRAINER --devices` is asked; 0 where nobody says.
/// invalid_argument where there is no such device, with those that there are; unavailable where the trainer
/// cannot open one within `open_limit` or does not answer in time. Of `cuda:all` one that can be opened is
/// enough; the others are left out, with an error in the log. Call it from the process's main thread: see
/// spawn().
Result<std::vector<DeviceOffer>> device_offers(const std::string& text, const std::string& trainer,
                                               std::chrono::milliseconds limit = kDevicesLimit,
                                               std::chrono::milliseconds open_limit = kOpenLimit);

}  // namespace spin::daemon
