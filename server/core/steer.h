#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "server/core/step.h"

namespace spin::core {

/// Does what a person asks of a sweep or a job: SteerAccepted with the number of jobs that changed, or
/// RequestRefused.
void steer(Step& step, const SteerRequested& event);

// One file an action; each changes nothing where it refuses. How many jobs were changed.

Result<std::int64_t> act(Step& step, JobKey key, const steer::Cancel& action);
/// Cancels the jobs that no other sweep needs; those that only paused sweeps need are paused.
Result<std::int64_t> act(Step& step, Sweep& sweep, const steer::Cancel& action);
Result<std::int64_t> act(Step& step, JobKey key, const steer::Pause& action);
/// Pauses the jobs that no other sweep wants to run.
Result<std::int64_t> act(Step& step, Sweep& sweep, const steer::Pause& action);
Result<std::int64_t> act(Step& step, JobKey key, const steer::Resume& action);
/// Also the jobs that were paused one by one.
Result<std::int64_t> act(Step& step, Sweep& sweep, const steer::Resume& action);
Result<std::int64_t> act(Step& step, JobKey key, const steer::Retry& action);
/// A cancelled sweep is one that counts again.
Result<std::int64_t> act(Step& step, Sweep& sweep, const steer::Retry& action);
/// The job's own, which wins over those of its sweeps.
Result<std::int64_t> act(Step& step, JobKey key, const steer::SetPriority& action);
Result<std::int64_t> act(Step& step, Sweep& sweep, const steer::SetPriority& action);

Result<std::int64_t> act(Step& step, JobKey key, const steer::Delete& action);
/// How many jobs go, because no other sweep has them; see deletion.h.
Result<std::int64_t> act(Step& step, Sweep& sweep, const steer::Delete& action);

/// Withdraws the sweep: what `act` does for steer::Cancel, whatever is left of it.
std::int64_t cancel_sweep(Step& step, Sweep& sweep, const std::string& reason);
/// A paused job goes on: to be run, to wait, or blocked by what happened to its dependencies meanwhile.
void resume(Step& step, JobKey key);
/// Pauses a job that just became live, where its sweeps are paused.
void pause_if_held(Step& step, JobKey key);

/// Stores what people made of the sweep, and whether jobs of its plan are missing.
inline void store_state(Step& step, Sweep& sweep) {
  ++sweep.version;
  step.effects.changes.emplace_back(SetSweepState{sweep.id, sweep.priority, sweep.cancelled, sweep.paused,
                                                  sweep.full_plan.has_value(), sweep.settling, sweep.retrying,
                                                  sweep.deleting});
}

/// Those that stand elsewhere than the rest of the sweep, or will once its state is another.
std::vector<JobKey> jobs_placed_apart(const Core& core, const Sweep& sweep);

/// The sweep gets another state or priority, and its jobs another place with it: together, but for those that
/// other sweeps share or that have a priority of their own. Stored.
template <class Set>
void set_state(Step& step, Sweep& sweep, const Set& set) {
  Core& core = step.core;
  const auto apart = jobs_placed_apart(core, sweep);
  leave_places(core, apart);
  const int priority = sweep.priority;
  set();
  core.ready.move(sweep.id, priority, sweep.priority);
  core.ready.hold(sweep.id, !sweep.wants_work());
  take_places(core, apart);
  store_state(step, sweep);
}

/// How many jobs of the sweep `is_meant`, which are `own` where it shares none with others.
template <class IsMeant>
std::int64_t count_jobs(const Catalogue& catalogue, const Sweep& sweep, std::int64_t own,
                        const IsMeant& is_meant) {
  if (sweep.shared == 0) return own;
  return std::count_if(sweep.jobs.begin(), sweep.jobs.end(),
                       [&](JobKey key) { return is_meant(catalogue.at(key)); });
}

/// failed_precondition.
Error out_of_turn(const std::string& what);
/// "job 0123456789ab".
std::string title_of(const Job& job);

}  // namespace spin::core
