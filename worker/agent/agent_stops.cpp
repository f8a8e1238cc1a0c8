#include <algorithm>
#include <utility>

#include "worker/agent/agent.h"
#include "worker/agent/checks.h"

// How attempts end before their time: no longer wanted, paused, given back, or left by their trainer.

namespace spin::agent {

void Agent::receive(const StopAttempt& message) {
  Attempt* attempt = find(message.attempt);
  // What is finished is delivered all the same: the coordinator takes it where it has no result yet.
  if (attempt == nullptr || std::holds_alternative<Stopping>(attempt->state)) return;
  const bool is_salvaged = std::holds_alternative<Salvaging>(attempt->state);
  if (!slot_of(*attempt) && !is_salvaged) return;
  if (message.keep && (is_salvaged || std::holds_alternative<Pausing>(attempt->state))) return;
  say(Severity::info, attempt->lease.name + ": stopped: " + message.reason);
  if (message.keep) {
    pause(*attempt);
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

void Agent::pause(Attempt& attempt) {
  const auto* training = std::get_if<Training>(&attempt.state);
  if (training == nullptr) return end_with(attempt, paused());
  const int slot = training->slot;
  move(attempt, Pausing{slot, training->checkpoints, now_ + settings_.pause_grace});
  emit(CommandTrainer{slot, StopCommand{true}});
}

void Agent::trainer_died(Attempt& attempt, const std::string& message) {
  say(Severity::warning, attempt.lease.name + ": " + message);
  salvage(attempt, {FailureKind::trainer_died, shortened(message, kMessageBytes)}, settings_.salvage_limit);
}

void Agent::salvage(Attempt& attempt, AttemptFailed failure, Millis limit) {
  const Checkpoints checkpoints = *checkpoints_of(attempt);
  const Checkpoint& newest = checkpoints.written;
  if (newest.number == checkpoints.stored.number) return end_with(attempt, std::move(failure));
  const AttemptToken token = attempt.lease.attempt;
  release_slot(attempt);
  move(attempt, Salvaging{std::move(failure), newest.epoch, now_ + limit});
  if (checkpoints.storing && checkpoints.storing->number == newest.number) return;  // on its way already
  emit(CancelTransfers{token});
  upload_checkpoint(token);
}

// The process ends soon: what can be saved in so short a time is saved.
void Agent::give_back(AttemptToken token) {
  Attempt& attempt = attempts_.at(token);
  const bool can_upload = std::holds_alternative<LinkUp>(link_);
  const AttemptFailed failure{FailureKind::refused, "the worker was stopped"};
  if (std::holds_alternative<Stopping>(attempt.state)) {
    drop(token);
  } else if (auto* salvaging = std::get_if<Salvaging>(&attempt.state)) {
    if (!can_upload) return end_with(attempt, salvaging->failure);
    salvaging->give_up_at = std::min(salvaging->give_up_at, now_ + settings_.quit_limit / 2);
  } else if (slot_of(attempt)) {
    say(Severity::warning, attempt.lease.name + ": " + failure.message);
    if (!can_upload || checkpoints_of(attempt) == nullptr) return end_with(attempt, failure);
    salvage(attempt, failure, settings_.quit_limit / 2);
  }
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
