#include "client/commands/steer_state.h"

#include <variant>

namespace spin::cli {
namespace {

struct OfSweep {
  const SweepStatus& sweep;

  bool operator()(const steer::Cancel& /*action*/) const { return sweep.counts.cancelled > 0; }
  bool operator()(const steer::Pause& /*action*/) const { return sweep.paused || !is_at_work(); }
  bool operator()(const steer::Resume& /*action*/) const { return !sweep.paused && !sweep.cancelled; }
  bool operator()(const steer::Retry& action) const {
    const auto waiting = sweep.counts.failed + (action.failed_only ? 0 : sweep.counts.cancelled);
    return waiting == 0 && is_at_work();
  }
  bool operator()(const steer::SetPriority& /*action*/) const { return false; }
  bool operator()(const steer::Delete& /*action*/) const { return false; }

 private:
  [[nodiscard]] bool is_at_work() const { return sweep.counts.live() + sweep.jobs_to_come > 0; }
};

struct OfJob {
  JobState state;

  bool operator()(const steer::Cancel& /*action*/) const { return state == JobState::cancelled; }
  bool operator()(const steer::Pause& /*action*/) const { return !is_at_work(); }
  bool operator()(const steer::Resume& /*action*/) const { return is_at_work() || is_done(); }
  bool operator()(const steer::Retry& /*action*/) const { return is_at_work(); }
  bool operator()(const steer::SetPriority& /*action*/) const { return false; }
  bool operator()(const steer::Delete& /*action*/) const { return false; }

 private:
  [[nodiscard]] bool is_at_work() const {
    return state == JobState::waiting || state == JobState::ready || state == JobState::backoff ||
           state == JobState::running;
  }
  [[nodiscard]] bool is_done() const { return state == JobState::completed || state == JobState::diverged; }
};

}  // namespace

// A sweep's name goes before a job's, as for the coordinator.
bool is_as_asked(ControlClient& client, const std::string& target, const steer::Action& action) {
  const auto sweeps = client.status(target);
  if (sweeps.ok() && sweeps->size() == 1) return std::visit(OfSweep{sweeps->front()}, action);
  const auto job = client.job(target);
  return job.ok() && std::visit(OfJob{job->row.state}, action);
}

}  // namespace spin::cli
