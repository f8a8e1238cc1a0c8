#include "server/core/deletion.h"

#include "server/core/settle.h"
#include "server/core/steer.h"

namespace spin::core {
namespace {

bool is_its_own(const Job& job) { return job.sweeps.items().size() == 1; }

/// Of a sweep that was not cancelled any job may still run for it; of a cancelled one those that nobody else
/// has.
std::int64_t jobs_to_go(const Core& core, const Sweep& sweep) {
  const auto unfinished = sweep.counts.live() + sweep.counts.paused;
  if (!sweep.cancelled || unfinished == 0) return unfinished + sweep.jobs_to_come();
  return count_jobs(core.catalogue, sweep, unfinished, [](const Job& job) {
    const JobState state = state_of(job.phase);
    return is_its_own(job) && (is_live(state) || state == JobState::paused);
  });
}

/// Of a job that no sweep has any more.
void forget(Core& core, JobKey key) {
  if (is_done(state_of(core.catalogue.at(key).phase))) --core.done_before;
  core.own_priority.erase(key);
  core.last_failed_on.erase(key);
  core.kept_shares.erase(key);
  core.lines_left_out.erase(key);
  core.superseded.erase(key);
  core.catalogue.remove(key);
}

void delete_part(Step& step, Sweep& sweep) {
  Core& core = step.core;
  DeleteJobs change{.sweep = sweep.id, .left = 0, .jobs = {}};
  for (std::int64_t count = 0; count < core.settings.deleted_jobs && !sweep.jobs.empty(); ++count) {
    const JobKey key = sweep.jobs.back();
    leave_places(core, {&key, 1});
    core.catalogue.unlink_last(sweep);
    if (core.catalogue.at(key).sweeps.items().empty()) {
      change.jobs.push_back(key);
      forget(core, key);
    } else {
      take_places(core, {&key, 1});
    }
  }
  change.left = std::ssize(sweep.jobs);
  step.effects.changes.emplace_back(std::move(change));
  if (!sweep.jobs.empty()) return;
  const SweepId id = sweep.id;
  step.effects.changes.emplace_back(DeleteSweep{id});
  core.deleting.erase(id);
  core.ready.hold(id, false);
  core.catalogue.remove_sweep(id);
}

}  // namespace

Result<std::int64_t> act(Step& step, JobKey key, const steer::Delete&) {
  return Error{ErrorCode::invalid_argument, title_of(step.core.catalogue.at(key)) +
                                                " cannot be deleted alone; only a sweep can, with its jobs"};
}

Result<std::int64_t> act(Step& step, Sweep& sweep, const steer::Delete&) {
  if (!sweep.is_settled())
    return out_of_turn("what was asked of " + sweep.title() +
                       " has not reached all of its jobs yet; try again in a moment");
  if (const auto left = jobs_to_go(step.core, sweep); left > 0)
    return out_of_turn(sweep.title() + " has " + std::to_string(left) + (left == 1 ? " job" : " jobs") +
                       " to go; cancel it first, or wait for it");
  const auto own = std::ssize(sweep.jobs) - sweep.shared;
  sweep.deleting = true;
  step.core.deleting.insert(sweep.id);
  // Jobs that are blocked would be revived with what they depend on.
  if (!sweep.cancelled)
    cancel_sweep(step, sweep, sweep.title() + " was deleted");
  else
    store_state(step, sweep);
  if (sweep.is_settled()) delete_part(step, sweep);
  return own;
}

bool delete_on(Step& step) {
  for (const SweepId id : step.core.deleting) {
    Sweep& sweep = *step.core.catalogue.find_sweep(id);
    if (!sweep.is_settled()) continue;
    delete_part(step, sweep);
    return true;
  }
  return false;
}

}  // namespace spin::core
