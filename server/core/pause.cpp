#include "server/core/dependencies.h"
#include "server/core/leases.h"
#include "server/core/settle.h"
#include "server/core/steer.h"

namespace spin::core {
namespace {

void pause(Step& step, JobKey key, const std::string& reason) {
  if (running_attempt(step.core.catalogue.at(key)) != nullptr) stop_running(step, key, reason, true);
  change(step, key, Pause{}, reason);
}

/// The worker that was told to stop may still be saving: it has the job until it is done with it, so that the
/// next attempt begins from what it saves.
void take_back(Step& step, JobKey key) {
  const auto saving = lost_attempt(step.core.catalogue.at(key));
  const Session* session = saving ? step.core.workers.find_ending(*saving) : nullptr;
  if (session != nullptr && !session->silent) renew_attempt(step, session->id, *saving);
}

}  // namespace

Result<std::int64_t> act(Step& step, JobKey key, const steer::Pause&) {
  const Job& job = step.core.catalogue.at(key);
  const JobState state = state_of(job.phase);
  if (!is_live(state))
    return out_of_turn(title_of(job) + " is " + name_of(state) +
                       " already; a job can be paused while it waits, is ready or runs");
  pause(step, key, "the job was paused");
  return 1;
}

Result<std::int64_t> act(Step& step, Sweep& sweep, const steer::Pause&) {
  if (sweep.cancelled) return out_of_turn(sweep.title() + " was cancelled");
  if (sweep.paused) return out_of_turn(sweep.title() + " is paused already");
  if (sweep.jobs_to_come() == 0 && sweep.counts.live() == 0)
    return out_of_turn(sweep.title() + " has no job left that could be paused");
  set_state(step, sweep, [&] { sweep.paused = true; });
  const Catalogue& catalogue = step.core.catalogue;
  const auto held = count_jobs(catalogue, sweep, sweep.counts.live(), [&](const Job& job) {
    return is_live(state_of(job.phase)) && catalogue.is_held(job);
  });
  begin_settling(step, sweep, Settlement::Kind::pause);
  return held;
}

void pause_if_held(Step& step, JobKey key) {
  const Catalogue& catalogue = step.core.catalogue;
  const Job& job = catalogue.at(key);
  if (!is_live(state_of(job.phase)) || !catalogue.is_held(job)) return;
  pause(step, key, catalogue.owner_of(job)->title() + " is paused");
}

Result<std::int64_t> act(Step& step, JobKey key, const steer::Resume&) {
  const Catalogue& catalogue = step.core.catalogue;
  const Job& job = catalogue.at(key);
  if (!is_paused(job))
    return out_of_turn(title_of(job) + " is " + name_of(state_of(job.phase)) + ", not paused");
  if (catalogue.is_held(job))
    return out_of_turn(catalogue.owner_of(job)->title() + " is paused, and with it " + title_of(job) +
                       "; resume the sweep");
  resume(step, key);
  return 1;
}

Result<std::int64_t> act(Step& step, Sweep& sweep, const steer::Resume&) {
  if (!sweep.paused && (sweep.cancelled || sweep.counts.paused == 0))
    return out_of_turn(sweep.title() + " is not paused");
  if (sweep.paused) set_state(step, sweep, [&] { sweep.paused = false; });
  const Catalogue& catalogue = step.core.catalogue;
  const auto stopped = count_jobs(catalogue, sweep, sweep.counts.paused,
                                  [&](const Job& job) { return is_paused(job) && !catalogue.is_held(job); });
  begin_settling(step, sweep, Settlement::Kind::resume);
  return stopped;
}

void resume(Step& step, JobKey key) {
  const DependencyView view = view_dependencies(step.core.catalogue, step.core.catalogue.at(key));
  change(step, key, Resume{view.unmet});
  if (!view.obstacle) return take_back(step, key);
  change(step, key, Block{view.obstacle}, view.obstacle->reason);
  block_dependants(step, key);
}

}  // namespace spin::core
