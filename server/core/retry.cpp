#include "server/core/dependencies.h"
#include "server/core/settle.h"
#include "server/core/steer.h"

namespace spin::core {
namespace {

const char* accepted(const steer::Retry& action) {
  return action.failed_only ? "failed" : "failed or cancelled";
}

/// Names are unique among the sweeps that are not over, and a retry makes the sweep one of them.
const Sweep* find_namesake(const Catalogue& catalogue, const Sweep& sweep) {
  for (const auto& [id, other] : catalogue.sweeps())
    if (id != sweep.id && other.name == sweep.name && other.keeps_name()) return &other;
  return nullptr;
}

std::int64_t count_to_retry(const Sweep& sweep, const steer::Retry& action) {
  return sweep.counts.failed + (action.failed_only ? 0 : sweep.counts.cancelled);
}

}  // namespace

Result<std::int64_t> act(Step& step, JobKey key, const steer::Retry& action) {
  const Catalogue& catalogue = step.core.catalogue;
  const Job& job = catalogue.at(key);
  if (!may_retry(job, action.failed_only))
    return out_of_turn(title_of(job) + " is " + name_of(state_of(job.phase)) + "; only a " +
                       accepted(action) + " job can be retried");
  if (!catalogue.is_needed(job))
    return out_of_turn(catalogue.owner_of(job)->title() + ", to which " + title_of(job) +
                       " belongs, was cancelled; retry the sweep");
  revive(step, key);
  return 1;
}

Result<std::int64_t> act(Step& step, Sweep& sweep, const steer::Retry& action) {
  const std::int64_t jobs = count_to_retry(sweep, action);
  if (sweep.cancelled && sweep.full_plan)
    return out_of_turn(sweep.title() + " was cancelled when " + std::to_string(sweep.jobs.size()) +
                       " of its " + std::to_string(sweep.full_plan->jobs) +
                       " jobs were stored; submit its file again");
  if (sweep.cancelled && action.failed_only)
    return out_of_turn(sweep.title() + " was cancelled; retry all of it, not its failed jobs alone");
  const bool is_to_be_cancelled =
      sweep.cancelled && (sweep.counts.live() + sweep.counts.paused > 0 || !sweep.is_settled());
  if (jobs == 0 && !is_to_be_cancelled)
    return out_of_turn(sweep.title() + " has no " + accepted(action) + " job that could be retried");
  if (const Sweep* other = find_namesake(step.core.catalogue, sweep))
    return out_of_turn(other->title() + " has taken the name of sweep " + std::to_string(sweep.id.value) +
                       "; cancel it or wait for it, or retry single jobs");
  const bool comes_back = sweep.cancelled;
  if (comes_back) set_state(step, sweep, [&] { sweep.cancelled = false; });
  begin_retry(step, sweep, action.failed_only);
  // Its jobs that only paused sweeps kept go on.
  if (comes_back) begin_settling(step, sweep, Settlement::Kind::resume);
  return jobs;
}

}  // namespace spin::core
