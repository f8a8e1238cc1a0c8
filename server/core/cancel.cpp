#include <vector>

#include "server/core/dependencies.h"
#include "server/core/steer.h"

namespace spin::core {
namespace {

bool may_cancel(const Job& job) {
  const JobState state = state_of(job.phase);
  return is_live(state) || state == JobState::blocked || state == JobState::paused;
}

/// All together before their dependants are looked at: those that go with them are cancelled, not blocked.
void cancel_jobs(Step& step, const std::vector<JobKey>& keys, const std::string& reason) {
  for (const JobKey key : keys) {
    const Job& job = step.core.catalogue.at(key);
    if (running_attempt(job) != nullptr) stop_running(step, key, reason);
    change(step, key, Cancel{}, reason);
  }
  for (const JobKey key : keys) block_dependants(step, key);
}

}  // namespace

Result<std::int64_t> act(Step& step, JobKey key, const steer::Cancel&) {
  const Job& job = step.core.catalogue.at(key);
  if (!may_cancel(job))
    return out_of_turn(title_of(job) + " is " + name_of(state_of(job.phase)) +
                       " already; only a job that is not final can be cancelled");
  cancel_jobs(step, {key}, "the job was cancelled");
  return 1;
}

Result<std::int64_t> act(Step& step, Sweep& sweep, const steer::Cancel&) {
  if (sweep.jobs_to_come() == 0 && sweep.counts.live() + sweep.counts.blocked + sweep.counts.paused == 0)
    return out_of_turn(sweep.title() + " has no job left that could be cancelled");
  return withdraw(step, sweep, sweep.title() + " was cancelled");
}

std::int64_t withdraw(Step& step, Sweep& sweep, const std::string& reason) {
  set_state(step, sweep, [&] {
    sweep.withdrawn = true;
    sweep.paused = false;
  });
  std::vector<JobKey> unneeded;
  for (const JobKey key : sweep.jobs) {
    const Job& job = step.core.catalogue.at(key);
    if (may_cancel(job) && !step.core.catalogue.is_needed(job)) unneeded.push_back(key);
  }
  cancel_jobs(step, unneeded, reason);
  for (const JobKey key : sweep.jobs) pause_if_held(step, key);
  return static_cast<std::int64_t>(unneeded.size());
}

}  // namespace spin::core
