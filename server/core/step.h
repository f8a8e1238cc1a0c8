#pragma once

#include <string>

#include "server/core/state.h"

namespace spin::core {

/// One event while it is handled.
struct Step {
  Core& core;
  Now now;
  Effects& effects;
};

/// The only way in which a job's phase changes: the transition with all that hangs on it (ready queue,
/// timers, attempts, busy workers, counts) and the change to store. `reason` is stored with the new state.
void change(Step& step, JobKey key, JobInput input, const std::string& reason = {});

/// Files the phase of a job that just entered the catalogue.
void file_phase(Core& core, JobKey key);

/// The running attempt; null where the job does not run.
Attempt* running_attempt(Job& job);
const Attempt* running_attempt(const Job& job);
/// The lost attempt that may come back, of any phase.
std::optional<AttemptToken> lost_attempt(const Job& job);

/// Moves the end of a running job's lease to a whole lease from now.
void renew_lease(Step& step, JobKey key);
void tell(Step& step, SessionId session, CoordinatorMessage message);
/// Tells the attempt's worker, if it is connected, that the attempt is no longer wanted.
void send_stop(Step& step, const Attempt& attempt, const std::string& reason);
/// Ends a running attempt for good: told, and stored as stopped. The caller moves the job on.
void stop_running(Step& step, JobKey key, const std::string& reason);

void refuse(Step& step, std::uint64_t request, Error error);

}  // namespace spin::core
