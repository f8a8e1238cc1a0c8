#include <algorithm>
#include <csignal>
#include <utility>

#include "schema/base/text.h"
#include "worker/agent/agent.h"
#include "worker/agent/checks.h"

// How attempts end before their time: no longer wanted, paused, given back, or left by their trainer.

namespace spin::agent {
namespace {

AttemptFailed stopped() { return {FailureKind::refused, "the worker was stopped"}; }

}  // namespace

void Agent::receive(const StopAttempt& message) {
  Attempt* attempt = find(message.attempt);
  // What is finished is delivered all the same: the coordinator takes it where it has no result yet.
  if (attempt == nullptr || std::holds_alternative<Stopping>(attempt->state)) return;
  const bool is_salvaged = std::holds_alternative<Salvaging>(attempt->state);
  if (!slot_of(*attempt) && !is_salvaged) return;
  if (message.keep && (is_salvaged || std::holds_alternative<Pausing>(attempt->state))) return;
  say(Severity::info, attempt->lease.name + ": stopped: " + message.reason);
  if (message.keep) {
    save_and_end(*attempt, {FailureKind::refused, "paused"});
  } else {
    cancel(*attempt);
  }
}

void Agent::cancel(Attempt& attempt) {
  const AttemptToken token = attempt.lease.attempt;
  if (checkpoints_of(attempt) == nullptr) return drop(token);
  const int slot = *slot_of(attempt);
  emit(CancelTransfers{token});
  move(attempt, Stopping{slot, now_ + settings_.stop_grace});
  emit(CommandTrainer{slot, StopCommand{false}});
}

void Agent::save_and_end(Attempt& attempt, AttemptFailed failure) {
  const auto* training = std::get_if<Training>(&attempt.state);
  if (training == nullptr) return end_with(attempt, std::move(failure));
  const int slot = training->slot;
  move(attempt, Pausing{slot, training->checkpoints, std::move(failure), now_ + settings_.save_limit});
  emit(CommandTrainer{slot, StopCommand{true}});
}

// However often it is asked for: asking again saves nothing less.
void Agent::start_stop() {
  if (std::exchange(stopping_, true)) return;
  if (!std::exchange(draining_, true)) send(Draining{});
  int saving = 0;
  for (const auto& [token, devices] : held()) {
    Attempt& attempt = attempts_.at(token);
    saving += checkpoints_of(attempt) != nullptr ? 1 : 0;
    const bool begins = std::holds_alternative<Preparing>(attempt.state);
    if (begins || std::holds_alternative<Training>(attempt.state)) save_and_end(attempt, stopped());
    if (const auto* salvaging = std::get_if<Salvaging>(&attempt.state))
      keep_checkpoint(attempt, salvaging->failure, salvaging->epoch);
  }
  const std::string what = saving == 0 ? "no job trains"
                           : saving == 1
                               ? "1 job saves after the step in hand"
                               : std::to_string(saving) + " jobs save after the step that each has in hand";
  say(Severity::info, "asked to stop: " + what);
}

// The outbox tells the coordinator at the next start.
void Agent::stop_at_once() {
  if (std::exchange(is_hurried_, true)) return;
  draining_ = stopping_ = true;
  say(Severity::warning, "ending at once: running jobs are given back");
  for (const auto& [token, devices] : held()) {
    Attempt& attempt = attempts_.at(token);
    if (std::holds_alternative<Stopping>(attempt.state)) {
      drop(token);
    } else if (slot_of(attempt)) {
      end_with(attempt, stopped());
    }
  }
  for (int slot = 0; slot < static_cast<int>(slots_.size()); ++slot) kill_trainer(slot);
}

std::optional<Now> Agent::leave_at() const {
  if (!trained_until_) return std::nullopt;
  const bool keeps = std::any_of(attempts_.begin(), attempts_.end(), [](const auto& entry) {
    return std::holds_alternative<Keeping>(entry.second.state);
  });
  if (is_hurried_) return *trained_until_ + (keeps ? settings_.stop_grace : Millis(0));
  const Now at = *trained_until_ + settings_.salvage_limit;
  if (!offline_since_ || keeps) return at;
  return std::min(at, std::max(*trained_until_, *offline_since_) + settings_.offline_limit);
}

bool Agent::is_planned(const ProcessEnd& end) const {
  // A shell gives the signal of its child so.
  const int signal = end.by_signal ? end.number : end.number - 128;
  if (signal == SIGTERM || signal == SIGHUP || signal == SIGINT) return true;
  // Who stops a host kills what is left after a while, the trainers perhaps before us.
  return stopping_ || (draining_ && signal == SIGKILL);
}

void Agent::trainer_died(Attempt& attempt, const std::string& message) {
  end_saving(attempt, FailureKind::trainer_died, message);
}

void Agent::end_saving(Attempt& attempt, FailureKind kind, const std::string& message) {
  say(Severity::warning, attempt.lease.name + ": " + message);
  salvage(attempt, {kind, shortened(message, kMessageBytes)});
}

void Agent::salvage(Attempt& attempt, AttemptFailed failure) {
  const Checkpoints checkpoints = *checkpoints_of(attempt);
  const Checkpoint& newest = checkpoints.written;
  if (newest.number == checkpoints.stored.number) return end_with(attempt, std::move(failure));
  const AttemptToken token = attempt.lease.attempt;
  release_slot(attempt);
  if (stopping_) return keep_checkpoint(attempt, std::move(failure), newest.epoch);
  move(attempt, Salvaging{std::move(failure), newest.epoch, now_ + settings_.salvage_limit});
  if (checkpoints.storing && checkpoints.storing->number == newest.number) return;  // on its way already
  emit(CancelTransfers{token});
  upload_checkpoint(token);
}

// This process may have no time to upload it: the next start would.
void Agent::keep_checkpoint(Attempt& attempt, AttemptFailed failure, int epoch) {
  failure.epoch = epoch;
  keep(attempt, std::move(failure), {ArtifactKind::checkpoint});
}

void Agent::end_unkept(Attempt& attempt, std::variant<JobResult, AttemptFailed> end) {
  auto* failure = std::get_if<AttemptFailed>(&end);
  if (failure == nullptr)
    return fail(attempt, FailureKind::refused,
                "the worker was stopped before its disk had taken what the job leaves");
  say(Severity::warning, attempt.lease.name + ": last checkpoint not stored: the disk has not taken it");
  end_with(attempt, std::move(*failure));
}

void Agent::salvage_time() {
  for (auto& [token, attempt] : attempts_) {
    const auto* salvaging = std::get_if<Salvaging>(&attempt.state);
    if (salvaging == nullptr || now_ < salvaging->give_up_at) continue;
    say(Severity::warning, attempt.lease.name + ": its last checkpoint could not be uploaded in time");
    end_with(attempt, salvaging->failure);
  }
}

}  // namespace spin::agent
