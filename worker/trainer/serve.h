#pragma once

#include "schema/job/trainer_link.h"
#include "worker/trainer/runtime.h"

namespace spin {

/// Blocks the signals that end a process, for all threads that start from now on and for the program that
/// this one may start itself as: serve() waits for them.
void block_stop_signals();

/// Emits ready, then runs the jobs that arrive on standard input, one after the other, on the calling thread.
/// A thread of its own reads, so that `stop` is seen between two steps; when standard input closes, it ends
/// the process at once, even in the middle of a job. The kernel kills the process when its parent dies. Where
/// the device no longer works after a failure, it ends the process too, and so does a signal that was blocked
/// before: the running job saves after the step in hand and stops first.
[[noreturn]] void serve(const Runtime& runtime, const ReadyEvent& ready);

}  // namespace spin
