#include <algorithm>
#include <utility>

#include "schema/base/text.h"
#include "worker/agent/agent.h"
#include "worker/agent/checks.h"

namespace spin::agent {
namespace {

std::string describe(const ProcessEnd& end, const LogBatch& log) {
  const std::string text = "ended with " + to_text(end);
  const std::string words = log.last_words();
  return words.empty() ? text + " without a word" : text + "; it said: " + words;
}

}  // namespace

Attempt* Agent::attempt_in(int slot) {
  const auto& token = slots_[static_cast<std::size_t>(slot)].attempt;
  return token ? find(*token) : nullptr;
}

Attempt* Agent::training_in(int slot) {
  Attempt* attempt = attempt_in(slot);
  return attempt != nullptr && checkpoints_of(*attempt) != nullptr ? attempt : nullptr;
}

void Agent::start_trainer(int slot) {
  slots_[static_cast<std::size_t>(slot)].trainer = TrainerStarting{now_ + settings_.start_limit};
  emit(StartTrainer{slot, device_of(slot)});
}

void Agent::kill_trainer(int slot) {
  Slot& place = slots_[static_cast<std::size_t>(slot)];
  if (!place.has_process() || std::holds_alternative<TrainerDying>(place.trainer)) return;
  place.trainer = TrainerDying{now_};
  emit(KillTrainer{slot});
}

// The job is told why; the slot rests before it tries again, so that a broken trainer does not eat a whole
// sweep.
void Agent::start_failed(int slot, FailureKind kind, const std::string& message) {
  Slot& place = slots_[static_cast<std::size_t>(slot)];
  const int doublings = std::min(place.failed_starts++, 20);
  const auto rest = std::min(settings_.start_backoff_first * (1 << doublings), settings_.start_backoff_limit);
  const std::string text = "the trainer does not start: " + message;
  if (Attempt* attempt = attempt_in(slot)) {
    fail(*attempt, kind, text);
  } else if (kind != FailureKind::refused) {
    say(Severity::error, text);
  }
  place.trainer = NoTrainer{now_ + rest};
}

void Agent::start_refused(int slot, const std::string& message) {
  start_failed(slot, FailureKind::job_error, message);
  auto& trainer = slots_[static_cast<std::size_t>(slot)].trainer;
  trainer = TrainerDying{std::get<NoTrainer>(trainer).not_before};
  emit(KillTrainer{slot});
}

void Agent::on(const TrainerStartFailed& event) {
  start_failed(event.slot, FailureKind::job_error, event.error.message);
}

void Agent::on(const TrainerSaid& event) {
  const TrainerState& trainer = slots_[static_cast<std::size_t>(event.slot)].trainer;
  if (std::holds_alternative<TrainerDying>(trainer)) return;
  const bool is_ready = std::holds_alternative<ReadyEvent>(event.event);
  const bool fits = is_ready ? std::holds_alternative<TrainerStarting>(trainer)
                             : std::holds_alternative<TrainerBusy>(trainer);
  if (!fits) {
    return on(
        TrainerBroke{event.slot, {ErrorCode::invalid_argument, "not expected now: " + to_line(event.event)}});
  }
  std::visit([&](const auto& value) { hear(event.slot, value); }, event.event);
}

void Agent::on(const TrainerBroke& event) {
  const TrainerState& trainer = slots_[static_cast<std::size_t>(event.slot)].trainer;
  if (std::holds_alternative<TrainerDying>(trainer)) return;
  const std::string message = "the trainer broke the protocol: " + event.error.message;
  if (std::holds_alternative<TrainerStarting>(trainer)) return start_refused(event.slot, message);
  if (Attempt* attempt = training_in(event.slot)) {
    trainer_died(*attempt, message);
  } else {
    say(Severity::error, message);
  }
  kill_trainer(event.slot);
}

void Agent::on(const TrainerWrote& event) {
  Slot& place = slots_[static_cast<std::size_t>(event.slot)];
  place.log.add(event.line, now_);
  if (!place.attempt)
    say(Severity::info, "trainer of slot " + std::to_string(event.slot) + ": " + event.line);
}

void Agent::on(const TrainerExited& event) {
  Slot& place = slots_[static_cast<std::size_t>(event.slot)];
  const std::string how = describe(event.end, place.log);
  const bool planned = is_planned(event.end);
  if (std::holds_alternative<TrainerStarting>(place.trainer)) {
    const auto kind = planned ? FailureKind::refused : FailureKind::job_error;
    return start_failed(event.slot, kind, "it " + how);
  }
  const auto* dying = std::get_if<TrainerDying>(&place.trainer);
  const bool expected = dying != nullptr;
  place.trainer = NoTrainer{expected ? dying->not_before : now_};
  Attempt* attempt = attempt_in(event.slot);
  if (attempt == nullptr) {
    if (!expected && !planned) say(Severity::warning, "an idle trainer " + how);
  } else if (std::holds_alternative<Stopping>(attempt->state)) {
    drop_stopped(event.slot);
  } else if (std::holds_alternative<Preparing>(attempt->state)) {
    start_trainer(event.slot);  // the warm trainer went before it had the job
  } else if (const auto* pausing = std::get_if<Pausing>(&attempt->state);
             pausing != nullptr && (expected || planned)) {
    salvage(*attempt, pausing->failure);
  } else {
    end_saving(*attempt, planned ? FailureKind::refused : FailureKind::trainer_died, "the trainer " + how);
  }
}

void Agent::hear(int slot, const ReadyEvent& event) {
  Slot& place = slots_[static_cast<std::size_t>(slot)];
  if (event.version != settings_.hello.version) {
    return start_refused(slot, "it is version " + event.version + ", this worker is " +
                                   settings_.hello.version + "; install both from the same release");
  }
  place.failed_starts = 0;
  say(Severity::info, "trainer of slot " + std::to_string(slot) + " is ready: LibTorch " + event.libtorch +
                          ", " + event.blas + ", " + event.device + ", " + std::to_string(event.threads) +
                          " threads");
  trainer_is_idle(slot);
}

void Agent::trainer_is_idle(int slot) {
  slots_[static_cast<std::size_t>(slot)].trainer = TrainerIdle{};
  Attempt* attempt = attempt_in(slot);
  if (attempt != nullptr && std::holds_alternative<Preparing>(attempt->state)) try_run(*attempt);
}

void Agent::hear(int slot, const StartedEvent& event) {
  if (const Attempt* attempt = training_in(slot)) {
    send(SequencedReport{0, {attempt->lease.job, attempt->lease.attempt, AttemptStarted{event.data}}});
  }
}

void Agent::hear(int slot, const ProgressEvent& event) {
  const Attempt* attempt = training_in(slot);
  if (attempt == nullptr || !is_reportable(event.progress)) return;
  Progress progress = event.progress;
  progress.attempt = attempt->lease.attempt;
  send(progress);
}

void Agent::hear(int slot, const EpochEvent& event) {
  const Attempt* attempt = training_in(slot);
  if (attempt != nullptr && is_reportable(event.metrics)) keep_report(*attempt, EpochFinished{event.metrics});
}

void Agent::hear(int slot, const CheckpointEvent& event) {
  slots_[static_cast<std::size_t>(slot)].no_room.clear();
  Attempt* attempt = training_in(slot);
  if (attempt == nullptr) return;
  Checkpoints& checkpoints = *checkpoints_of(*attempt);
  checkpoints.written = {checkpoints.written.number + 1, event.epoch};
  // One that is to be the last is uploaded when the trainer has stopped.
  const bool is_last = std::holds_alternative<Pausing>(attempt->state);
  if (is_last || checkpoints.storing || now_ < checkpoints.upload_at) return;
  checkpoints.storing = checkpoints.written;
  checkpoints.upload_at = now_ + settings_.checkpoint_interval;
  upload_checkpoint(attempt->lease.attempt);
}

void Agent::hear(int slot, const FinishedEvent& event) {
  slots_[static_cast<std::size_t>(slot)].no_room.clear();
  if (Attempt* attempt = training_in(slot)) {
    finish_training(*attempt, event);
  } else {
    drop_stopped(slot);
  }
  trainer_is_idle(slot);
}

void Agent::hear(int slot, const FailedEvent& event) {
  Attempt* attempt = training_in(slot);
  if (attempt == nullptr) {
    drop_stopped(slot);
  } else if (event.cause == FailureCause::disk_full) {
    disk_is_full(slot, event.message);
    end_saving(*attempt, FailureKind::refused, event.message);
  } else {
    const bool permanent = event.cause == FailureCause::permanent;
    fail(*attempt, permanent ? FailureKind::permanent : FailureKind::job_error, event.message);
  }
  if (event.device_works) return trainer_is_idle(slot);
  kill_trainer(slot);
}

void Agent::hear(int slot, const StoppedEvent& event) {
  Attempt* attempt = training_in(slot);
  if (attempt == nullptr) {
    drop_stopped(slot);
  } else if (const auto* pausing = std::get_if<Pausing>(&attempt->state)) {
    salvage(*attempt, pausing->failure);
  } else if (event.signal != 0) {
    end_saving(*attempt, FailureKind::refused,
               "the trainer was stopped by signal " + std::to_string(event.signal));
  } else {
    trainer_died(*attempt, "the trainer stopped though nobody asked it to");
  }
  if (event.signal == 0) return trainer_is_idle(slot);
  kill_trainer(slot);  // it ends anyway, and no next job goes to it
}

void Agent::drop_stopped(int slot) {
  const Attempt* attempt = attempt_in(slot);
  if (attempt != nullptr && std::holds_alternative<Stopping>(attempt->state)) drop(attempt->lease.attempt);
}

void Agent::trainer_time() {
  for (int slot = 0; slot < static_cast<int>(slots_.size()); ++slot) {
    Slot& place = slots_[static_cast<std::size_t>(slot)];
    if (place.log.due() && now_ >= *place.log.due()) flush_log(slot);
    const Attempt* attempt = attempt_in(slot);
    if (const auto forget = forget_full_disk_at(place); forget && now_ >= *forget) place.no_room.clear();
    const auto kill_at = attempt == nullptr ? std::nullopt : kill_time(*attempt);
    if (kill_at && now_ >= *kill_at) kill_trainer(slot);
    const auto* starting = std::get_if<TrainerStarting>(&place.trainer);
    if (starting == nullptr || now_ < starting->give_up_at) continue;
    start_refused(slot,
                  "it was not ready after " + std::to_string(settings_.start_limit.count() / 1000) + " s");
  }
}

void Agent::flush_log(int slot) {
  auto lines = slots_[static_cast<std::size_t>(slot)].log.take();
  const Attempt* attempt = attempt_in(slot);
  if (attempt == nullptr || lines.empty()) return;
  send(SequencedReport{0, {attempt->lease.job, attempt->lease.attempt, LogLines{std::move(lines)}}});
}

}  // namespace spin::agent
