#include "server/core/steer.h"

#include <utility>

namespace spin::core {
namespace {

Result<std::int64_t> act_on(Step& step, JobKey key, const steer::Action& action) {
  if (step.core.catalogue.find(key) == nullptr)
    return Error{ErrorCode::not_found, "there is no job number " + std::to_string(key.value)};
  return std::visit([&](const auto& kind) { return act(step, key, kind); }, action);
}

Result<std::int64_t> act_on(Step& step, SweepId id, const steer::Action& action) {
  Sweep* sweep = step.core.catalogue.find_sweep(id);
  if (sweep == nullptr) return Error{ErrorCode::not_found, "there is no sweep " + std::to_string(id.value)};
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

Error out_of_turn(const std::string& what) { return {ErrorCode::failed_precondition, what}; }

std::string title_of(const Job& job) { return "job " + job.id.short_hex(); }

}  // namespace spin::core
