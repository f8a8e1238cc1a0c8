#include "tests/property/orders.h"

#include <algorithm>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace spin::core {
namespace {

std::optional<JobState> state_asked_for(const steer::Action& action) {
  if (std::holds_alternative<steer::Pause>(action)) return JobState::paused;
  if (std::holds_alternative<steer::Cancel>(action)) return JobState::cancelled;
  return std::nullopt;
}

/// What a job that was stopped may still become by itself: the result of a paused one is taken.
bool may_follow(JobState stopped, JobState next) {
  return next == stopped ||
         (stopped == JobState::paused && (next == JobState::completed || next == JobState::diverged));
}

}  // namespace

void Orders::forget(const std::function<bool(const JobId&)>& concerns) {
  std::erase_if(orders_, [&](const auto& entry) { return concerns(entry.second.id); });
}

void Orders::given(const Event& event) {
  // A sweep takes what it needs back to work, and the place of those of its name.
  const auto named = [this](const std::string& name) {
    return [this, name](const JobId& id) { return submissions_.any_named(name, id); };
  };
  if (const auto* submitted = std::get_if<SweepSubmitted>(&event)) {
    forget(named(submitted->plan->name));
    forget([&](const JobId& id) {
      const auto& jobs = submitted->plan->jobs;
      return std::any_of(jobs.begin(), jobs.end(), [&](const PartJob& job) { return job.id == id; });
    });
  } else if (const auto* extended = std::get_if<SweepExtended>(&event)) {
    forget(named(submissions_.name_of(extended->sweep)));
  } else if (const auto* steered = std::get_if<SteerRequested>(&event)) {
    if (const auto* job = std::get_if<JobKey>(&steered->target)) return asked_of(*job, *steered);
    forget([&](const JobId& id) { return submissions_.has(std::get<SweepId>(steered->target), id); });
  }
}

void Orders::asked_of(JobKey job, const SteerRequested& event) {
  orders_.erase(job);
  const auto row = store_.jobs().find(job);
  const auto state = state_asked_for(event.action);
  if (state && row != store_.jobs().end()) orders_[job] = {event.request, row->second.job.id, *state, false};
}

void Orders::told(const Message& message) {
  if (const auto* accepted = std::get_if<SteerAccepted>(&message)) {
    for (auto& [job, order] : orders_) order.is_told = order.is_told || order.request == accepted->request;
  } else if (const auto* refused = std::get_if<RequestRefused>(&message)) {
    std::erase_if(orders_, [&](const auto& entry) {
      return !entry.second.is_told && entry.second.request == refused->request;
    });
  }
}

void Orders::observe(const Change& change) const {
  const auto* state = std::get_if<SetJobState>(&change);
  if (state == nullptr) return;
  const auto order = orders_.find(state->job);
  if (order == orders_.end() || !order->second.is_told) return;
  EXPECT_TRUE(may_follow(order->second.state, state->state))
      << "job " << state->job.value << " was stopped by a person, and nobody asked for anything else";
}

void Orders::restarted() {
  std::erase_if(orders_, [](const auto& entry) { return !entry.second.is_told; });
}

}  // namespace spin::core
