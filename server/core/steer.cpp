#include "server/core/steer.h"

#include <utility>

#include "server/core/settle.h"

namespace spin::core {
namespace {

Result<std::int64_t> act_on(Step& step, JobKey key, const steer::Action& action) {
  if (step.core.catalogue.find(key) == nullptr)
    return Error{ErrorCode::not_found, "there is no job number " + std::to_string(key.value)};
  settle_job(step, key);
  return std::visit([&](const auto& kind) { return act(step, key, kind); }, action);
}

Result<std::int64_t> act_on(Step& step, SweepId id, const steer::Action& action) {
  Sweep* sweep = step.core.catalogue.find_sweep(id);
  if (sweep == nullptr || sweep->deleting)
    return Error{ErrorCode::not_found, "there is no sweep " + std::to_string(id.value)};
  return std::visit([&](const auto& kind) { return act(step, *sweep, kind); }, action);
}

}  // namespace

void steer(Step& step, const SteerRequested& event) {
  const auto changed =
      std::visit([&](auto target) { return act_on(step, target, event.action); }, event.target);
  if (changed.ok())
    step.effects.messages.emplace_back(SteerAccepted{event.request, *changed});
  else
    refuse(step, event.request, changed.error());
}

std::vector<JobKey> jobs_placed_apart(const Core& core, const Sweep& sweep) {
  const auto has_place = [&](const Job& job) {
    return std::holds_alternative<Ready>(job.phase) || std::holds_alternative<Running>(job.phase);
  };
  std::vector<JobKey> keys;
  for (const auto& [key, priority] : core.own_priority) {
    const Job& job = core.catalogue.at(key);
    if (job.sweeps.contains(sweep.id) && has_place(job)) keys.push_back(key);
  }
  if (sweep.shared == 0) return keys;
  for (const JobKey key : sweep.jobs) {
    const Job& job = core.catalogue.at(key);
    if (job.sweeps.items().size() > 1 && !core.own_priority.contains(key) && has_place(job))
      keys.push_back(key);
  }
  return keys;
}

Error out_of_turn(const std::string& what) { return {ErrorCode::failed_precondition, what}; }

std::string title_of(const Job& job) { return "job " + job.id.short_hex(); }

}  // namespace spin::core
