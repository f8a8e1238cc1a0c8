#pragma once

#include "schema/job/trainer_link.h"
#include "worker/trainer/runtime.h"

namespace spin {

/// Emits ready, then runs the jobs that arrive on standard input, one after the other, on the calling thread.
/// A thread of its own reads, so that `stop` is seen between two steps; when standard input closes, it ends
/// the process at once, even in the middle of a job. The kernel kills the process when its parent dies. Where
/// the device no longer works after a failure, it ends the process too.
[[noreturn]] void serve(const Runtime& runtime, const ReadyEvent& ready);

}  // namespace spin
