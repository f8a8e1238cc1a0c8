#include <vector>

#include "server/core/dependencies.h"
#include "server/core/steer.h"

namespace spin::core {
namespace {

bool may_retry(const Job& job, const steer::Retry& action) {
  return std::holds_alternative<Failed>(job.phase) ||
         (!action.failed_only && std::holds_alternative<Cancelled>(job.phase));
}

const char* accepted(const steer::Retry& action) {
  return action.failed_only ? "failed" : "failed or cancelled";
}

/// Names are unique among the sweeps that are not over, and a retry makes the sweep one of them.
const Sweep* find_namesake(const Catalogue& catalogue, const Sweep& sweep) {
  for (const auto& [id, other] : catalogue.sweeps())
    if (id != sweep.id && other.name == sweep.name && other.keeps_name()) return &other;
  return nullptr;
}

std::vector<JobKey> jobs_to_retry(const Catalogue& catalogue, const Sweep& sweep,
                                  const steer::Retry& action) {
  std::vector<JobKey> keys;
  for (const JobKey key : sweep.jobs)
    if (may_retry(catalogue.at(key), action)) keys.push_back(key);
  return keys;
}

/// Its jobs that only paused sweeps kept go on.
void bring_back(Step& step, Sweep& sweep) {
  set_state(step, sweep, [&] { sweep.withdrawn = false; });
  for (const JobKey key : sweep.jobs)
    if (std::holds_alternative<Paused>(step.core.catalogue.at(key).phase)) resume(step, key);
}

}  // namespace

Result<std::int64_t> act(Step& step, JobKey key, const steer::Retry& action) {
  const Catalogue& catalogue = step.core.catalogue;
  const Job& job = catalogue.at(key);
  if (!may_retry(job, action))
    return out_of_turn(title_of(job) + " is " + name_of(state_of(job.phase)) + "; only a " +
                       accepted(action) + " job can be retried");
  if (!catalogue.is_needed(job))
    return out_of_turn(catalogue.owner_of(job)->title() + ", to which " + title_of(job) +
                       " belongs, was cancelled; retry the sweep");
  revive(step, key);
  return 1;
}

Result<std::int64_t> act(Step& step, Sweep& sweep, const steer::Retry& action) {
  const auto keys = jobs_to_retry(step.core.catalogue, sweep, action);
  if (sweep.withdrawn && sweep.growing)
    return out_of_turn(sweep.title() + " was cancelled when " + std::to_string(sweep.jobs.size()) +
                       " of its " + std::to_string(sweep.growing->jobs) +
                       " jobs were stored; submit its file again");
  if (sweep.withdrawn && action.failed_only)
    return out_of_turn(sweep.title() + " was cancelled; retry all of it, not its failed jobs alone");
  if (keys.empty() && (!sweep.withdrawn || sweep.counts.live() + sweep.counts.paused == 0))
    return out_of_turn(sweep.title() + " has no " + accepted(action) + " job that could be retried");
  if (const Sweep* other = find_namesake(step.core.catalogue, sweep))
    return out_of_turn(other->title() + " has taken the name of sweep " + std::to_string(sweep.id.value) +
                       "; cancel it or wait for it, or retry single jobs");
  if (sweep.withdrawn) bring_back(step, sweep);
  for (const JobKey key : keys) revive(step, key);
  return static_cast<std::int64_t>(keys.size());
}

}  // namespace spin::core
