#pragma once

namespace spin {

/// Why no job of a sweep runs while there is no worker at all. Who brings a worker of its own knows better.
inline constexpr const char* kNoWorkerHint = "no worker is attached";

}  // namespace spin
