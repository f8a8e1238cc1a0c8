#include "server/core/dependencies.h"
#include "server/core/settle.h"
#include "server/core/steer.h"

namespace spin::core {

Result<std::int64_t> act(Step& step, JobKey key, const steer::Cancel&) {
  const Job& job = step.core.catalogue.at(key);
  if (!may_cancel(job))
    return out_of_turn(title_of(job) + " is " + name_of(state_of(job.phase)) +
                       " already; only a job that is not final can be cancelled");
  const std::string reason = "the job was cancelled";
  if (running_attempt(job) != nullptr) stop_running(step, key, reason);
  change(step, key, Cancel{}, reason);
  block_dependants(step, key);
  return 1;
}

Result<std::int64_t> act(Step& step, Sweep& sweep, const steer::Cancel&) {
  if (sweep.jobs_to_come() == 0 && sweep.counts.live() + sweep.counts.blocked + sweep.counts.paused == 0)
    return out_of_turn(sweep.title() + " has no job left that could be cancelled");
  return cancel_sweep(step, sweep, sweep.title() + " was cancelled");
}

std::int64_t cancel_sweep(Step& step, Sweep& sweep, const std::string& reason) {
  set_state(step, sweep, [&] {
    sweep.cancelled = true;
    sweep.paused = false;
  });
  const Catalogue& catalogue = step.core.catalogue;
  const auto unneeded =
      count_jobs(catalogue, sweep, sweep.counts.live() + sweep.counts.blocked + sweep.counts.paused,
                 [&](const Job& job) { return may_cancel(job) && !catalogue.is_needed(job); });
  begin_settling(step, sweep, Settlement::Kind::cancel, reason);
  return unneeded;
}

}  // namespace spin::core
