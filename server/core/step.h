#pragma once

#include <span>
#include <string>
#include <vector>

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

/// Files the phase of a job that just entered the catalogue. Precondition: it is linked to its sweeps.
void file_phase(Core& core, JobKey key);

/// The class of a job: its own priority or that of the sweep it counts for, that sweep, its needs.
ReadyQueue::Place place_of(const Core& core, JobKey key);
/// Memory that the job is to be given on a worker: what its sweep asks for, else its own prediction.
std::int64_t memory_needed(const Core& core, const Sweep* owner, NeedsId needs);

/// Whatever decides where jobs stand (sweeps' states and priorities, links, own priorities) changes between
/// these two: `leave_places` takes the ready and running ones among the jobs out, `take_places` puts them
/// back.
void leave_places(Core& core, std::span<const JobKey> keys);
void take_places(Core& core, std::span<const JobKey> keys);

/// The running attempt; null where the job does not run.
Attempt* running_attempt(Job& job);
const Attempt* running_attempt(const Job& job);
/// Jobs of the sweep that run, in the order of their numbers; takes a look at every running job there is.
std::vector<JobKey> running_jobs(const Core& core, const Sweep& sweep);
/// The lost attempt that may come back, of any phase; of a paused job the one that was stopped.
std::optional<AttemptToken> lost_attempt(const Job& job);

/// Moves the end of a running job's lease to a whole lease from now.
void renew_lease(Step& step, JobKey key);
void tell(Step& step, SessionId session, CoordinatorMessage message);
/// Ends a running attempt for good: its worker, if it is connected, is told, and it is stored as stopped.
/// `keep`: its checkpoint is wanted. The caller moves the job on.
void stop_running(Step& step, JobKey key, const std::string& reason, bool keep = false);

/// The job is trained on this state of its data.
void note_data(Step& step, const Job& job, const DataState& state);

void refuse(Step& step, std::uint64_t request, Error error);

}  // namespace spin::core
