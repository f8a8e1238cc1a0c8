#include "server/core/steer.h"

namespace spin::core {
namespace {

bool is_unfinished(JobState state) {
  return is_live(state) || state == JobState::blocked || state == JobState::paused;
}

}  // namespace

Result<std::int64_t> act(Step& step, JobKey key, const steer::SetPriority& action) {
  const Job& job = step.core.catalogue.at(key);
  if (!is_unfinished(state_of(job.phase)))
    return out_of_turn(title_of(job) + " is " + name_of(state_of(job.phase)) +
                       " already; only a job that is not final can have another priority");
  leave_places(step.core, {&key, 1});
  step.core.own_priority[key] = action.priority;
  take_places(step.core, {&key, 1});
  step.effects.changes.emplace_back(SetJobPriority{key, action.priority});
  return 1;
}

Result<std::int64_t> act(Step& step, Sweep& sweep, const steer::SetPriority& action) {
  const std::int64_t jobs =
      sweep.counts.live() + sweep.counts.blocked + sweep.counts.paused + sweep.jobs_to_come();
  if (sweep.cancelled || jobs == 0)
    return out_of_turn(sweep.title() + " is over; no job of it waits for another priority");
  set_state(step, sweep, [&] { sweep.priority = action.priority; });
  return jobs;
}

}  // namespace spin::core
