#include "server/core/cancel.h"

#include <algorithm>
#include <vector>

#include "server/core/dependencies.h"

namespace spin::core {
namespace {

bool may_cancel(const Job& job) {
  const JobState state = state_of(job.phase);
  return is_live(state) || state == JobState::blocked;
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

void accept(Step& step, std::uint64_t request, std::size_t jobs) {
  step.effects.messages.emplace_back(SteerAccepted{request, static_cast<std::int64_t>(jobs)});
}

struct Target {
  Step& step;
  std::uint64_t request;

  void operator()(JobKey key) const {
    const Job* job = step.core.catalogue.find(key);
    if (job == nullptr) {
      refuse(step, request, {ErrorCode::not_found, "there is no job number " + std::to_string(key.value)});
    } else if (!may_cancel(*job)) {
      refuse(step, request,
             {ErrorCode::failed_precondition, "job " + job->id.short_hex() + " is " +
                                                  name_of(state_of(job->phase)) +
                                                  " already; only a job that is not final can be cancelled"});
    } else {
      cancel_jobs(step, {key}, "the job was cancelled");
      accept(step, request, 1);
    }
  }

  void operator()(SweepId id) const {
    Sweep* sweep = step.core.catalogue.find_sweep(id);
    if (sweep == nullptr) {
      refuse(step, request, {ErrorCode::not_found, "there is no sweep " + std::to_string(id.value)});
      return;
    }
    const std::string name = "sweep " + std::to_string(id.value) + " '" + sweep->name + "'";
    if (sweep->counts.live() + sweep->counts.blocked == 0) {
      refuse(step, request,
             {ErrorCode::failed_precondition, name + " has no job left that could be cancelled"});
      return;
    }
    sweep->withdrawn = true;
    step.effects.changes.emplace_back(WithdrawSweep{id});
    std::vector<JobKey> keys;
    for (const JobKey key : sweep->jobs)
      if (may_cancel(step.core.catalogue.at(key)) && !is_needed(key)) keys.push_back(key);
    cancel_jobs(step, keys, name + " was cancelled");
    accept(step, request, keys.size());
  }

  [[nodiscard]] bool is_needed(JobKey key) const {
    const auto sweeps = step.core.catalogue.at(key).sweeps.items();
    return std::any_of(sweeps.begin(), sweeps.end(),
                       [this](SweepId id) { return step.core.catalogue.find_sweep(id)->is_live(); });
  }
};

}  // namespace

void cancel(Step& step, const SteerRequested& event) {
  std::visit(Target{step, event.request}, event.target);
}

}  // namespace spin::core
