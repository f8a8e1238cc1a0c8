#include <utility>

#include "schema/base/text.h"
#include "worker/agent/agent.h"
#include "worker/agent/checks.h"

namespace spin::agent {
namespace {

const char* input_name(Input input) { return input == Input::resume ? "checkpoint" : "initial weights"; }

}  // namespace

Attempt* Agent::find(const AttemptToken& token) {
  const auto found = attempts_.find(token);
  return found == attempts_.end() ? nullptr : &found->second;
}

void Agent::move(Attempt& attempt, AttemptState next) {
  if (const Status moved = move_to(attempt, std::move(next)); !moved.ok())
    say(Severity::error, moved.error().message);
}

void Agent::upload_checkpoint(const AttemptToken& token) {
  emit(UploadCheckpoint{token, scratch_file(token, "checkpoint.safetensors")});
}

std::string Agent::scratch_file(const AttemptToken& token, const char* name) const {
  return settings_.scratch + "/" + token_name(token) + "/" + name;
}

void Agent::on(const ScratchFailed& event) {
  Attempt* attempt = find(event.attempt);
  if (attempt == nullptr || !std::holds_alternative<Preparing>(attempt->state)) return;
  const std::string message = "no folder for the job on this worker: " + event.error.message;
  if (event.error.code == ErrorCode::resource_exhausted) return disk_is_full(*attempt, message);
  fail(*attempt, FailureKind::job_error, message);
}

void Agent::on(const Fetched& event) {
  Attempt* attempt = find(event.attempt);
  auto* preparing = attempt == nullptr ? nullptr : std::get_if<Preparing>(&attempt->state);
  if (preparing == nullptr) return;
  (event.input == Input::resume ? preparing->resume : preparing->init) = event.path;
  try_run(*attempt);
}

void Agent::on(const FetchFailed& event) {
  Attempt* attempt = find(event.attempt);
  if (attempt == nullptr || !std::holds_alternative<Preparing>(attempt->state)) return;
  const std::string message = std::string(input_name(event.input)) + ": " + event.error.message;
  if (event.error.code == ErrorCode::failed_precondition) return disk_is_full(*attempt, message);
  fail(*attempt, FailureKind::input_lost, message);
}

void Agent::disk_is_full(Attempt& attempt, const std::string& message) {
  disk_is_full(*slot_of(attempt), message);
  fail(attempt, FailureKind::refused, message);
}

void Agent::disk_is_full(int slot, const std::string& message) {
  Slot& place = slots_[static_cast<std::size_t>(slot)];
  place.no_room = shortened(message, kMessageBytes);
  place.rests_until = now_ + settings_.full_disk_rest;
}

// Trains once the inputs are here and the trainer is warm.
void Agent::try_run(Attempt& attempt) {
  const auto& preparing = std::get<Preparing>(attempt.state);
  const Lease& lease = attempt.lease;
  Slot& slot = slots_[static_cast<std::size_t>(preparing.slot)];
  const bool has_inputs = lease.resume.has_value() == preparing.resume.has_value() &&
                          lease.init.has_value() == preparing.init.has_value();
  if (has_inputs && (lease.resume || lease.init)) slot.no_room.clear();
  if (!has_inputs || !std::holds_alternative<TrainerIdle>(slot.trainer)) return;

  RunCommand run;
  run.config = lease.config;
  run.root = lease.root;
  run.data = settings_.data;
  run.checkpoint = scratch_file(lease.attempt, "checkpoint.safetensors");
  run.model = scratch_file(lease.attempt, "model.safetensors");
  run.resume = preparing.resume.value_or("");
  run.init = preparing.init.value_or("");
  run.checkpoint_seconds = settings_.checkpoint_seconds;
  const int index = preparing.slot;
  slot.trainer = TrainerBusy{};
  move(attempt, Training{index, {now_ + settings_.checkpoint_interval, {}, {}, {}}});
  emit(CommandTrainer{index, std::move(run)});
}

void Agent::finish_training(Attempt& attempt, const FinishedEvent& event) {
  const JobResult result = event.result;
  release_slot(attempt);
  if (event.model.empty()) return end_with(attempt, AttemptFinished{result, std::nullopt});
  keep(attempt, result, "model.safetensors");
}

void Agent::keep(Attempt& attempt, std::variant<JobResult, AttemptFailed> end, const char* file) {
  const AttemptToken token = attempt.lease.attempt;
  emit(CancelTransfers{token});
  move(attempt, Keeping{std::move(end)});
  emit(KeepModel{token, scratch_file(token, file)});
}

void Agent::on(const ModelKept& event) {
  Attempt* attempt = find(event.attempt);
  const auto* keeping = attempt == nullptr ? nullptr : std::get_if<Keeping>(&attempt->state);
  if (keeping == nullptr) return;
  if (const auto* result = std::get_if<JobResult>(&keeping->end))
    return end_with(*attempt, AttemptFinished{*result, event.model});
  AttemptFailed failure = std::get<AttemptFailed>(keeping->end);
  failure.checkpoint = event.model;
  failure.checkpoint->kind = ArtifactKind::checkpoint;
  end_with(*attempt, std::move(failure));
}

void Agent::on(const Uploaded& event) {
  Attempt* attempt = find(event.attempt);
  if (attempt == nullptr) return;
  if (Checkpoints* checkpoints = checkpoints_of(*attempt)) {
    if (event.artifact.kind != ArtifactKind::checkpoint || !checkpoints->storing) return;
    checkpoints->stored = *std::exchange(checkpoints->storing, std::nullopt);
    keep_report(*attempt, CheckpointStored{event.artifact, checkpoints->stored.epoch});
  } else if (const auto* salvaging = std::get_if<Salvaging>(&attempt->state)) {
    keep_report(*attempt, CheckpointStored{event.artifact, salvaging->epoch});
    end_with(*attempt, salvaging->failure);
  } else if (const auto* uploading = std::get_if<Uploading>(&attempt->state)) {
    const std::uint64_t sequence = uploading->sequence;
    move(*attempt, Reporting{sequence});
    if (auto report = reports_.model_arrived(sequence)) send(std::move(*report));
  }
}

void Agent::on(const UploadFailed& event) {
  Attempt* attempt = find(event.attempt);
  if (attempt == nullptr) return;
  if (Checkpoints* checkpoints = checkpoints_of(*attempt)) {
    checkpoints->storing.reset();
    say(Severity::warning, attempt->lease.name + ": checkpoint not stored: " + event.error.message);
  } else if (const auto* salvaging = std::get_if<Salvaging>(&attempt->state)) {
    say(Severity::warning, attempt->lease.name + ": last checkpoint not stored: " + event.error.message);
    end_with(*attempt, salvaging->failure);
  } else if (!slot_of(*attempt) && !std::holds_alternative<Reporting>(attempt->state)) {
    cannot_read_kept(*attempt, event.error.message);
  }
}

/// The model or checkpoint that goes with the last report is not there any more, or not what it was.
void Agent::cannot_read_kept(Attempt& attempt, const std::string& message) {
  const auto* keeping = std::get_if<Keeping>(&attempt.state);
  const auto* failure = keeping == nullptr ? nullptr : std::get_if<AttemptFailed>(&keeping->end);
  std::optional<AttemptFailed> without = failure == nullptr ? std::nullopt : std::optional(*failure);
  if (const auto* uploading = std::get_if<Uploading>(&attempt.state)) {
    withdraw(uploading->sequence);
    without = uploading->without;
  }
  if (!without)
    return fail(attempt, FailureKind::job_error, "the trained model could not be read: " + message);
  say(Severity::warning, attempt.lease.name + ": last checkpoint not stored: " + message);
  end_with(attempt, *std::move(without));
}

void Agent::keep_report(const Attempt& attempt, ReportBody body) {
  emit(Persist{reports_.add({attempt.lease.job, attempt.lease.attempt, std::move(body)})});
}

void Agent::end_with(Attempt& attempt, ReportBody body) {
  const AttemptToken token = attempt.lease.attempt;
  release_slot(attempt);
  const SequencedReport kept = reports_.add({attempt.lease.job, token, std::move(body)});
  emit(Persist{kept});
  emit(CancelTransfers{token});
  emit(RemoveScratch{token});
  deliver(attempt, kept);
}

void Agent::deliver(Attempt& attempt, const SequencedReport& last) {
  const ArtifactRef* model = artifact_of(last.report.body);
  if (model == nullptr) return move(attempt, Reporting{last.sequence});
  std::optional<AttemptFailed> without;
  if (const auto* failed = std::get_if<AttemptFailed>(&last.report.body))
    without = AttemptFailed{failed->kind, failed->message};
  move(attempt, Uploading{last.sequence, std::move(without)});
  emit(UploadModel{attempt.lease.attempt, *model});
}

void Agent::withdraw(std::uint64_t sequence) {
  if (reports_.acknowledged(sequence)) emit(Forget{sequence});
}

void Agent::fail(Attempt& attempt, FailureKind kind, const std::string& message) {
  say(Severity::warning, attempt.lease.name + ": " + message);
  end_with(attempt, AttemptFailed{kind, shortened(message, kMessageBytes)});
}

void Agent::refuse(const Lease& lease, const std::string& message) {
  Attempt& attempt = attempts_[lease.attempt];
  attempt = Attempt{lease, Preparing{-1, {}, {}}};
  end_with(attempt, AttemptFailed{FailureKind::refused, message});
}

void Agent::drop(AttemptToken token) {
  const auto found = attempts_.find(token);
  if (found == attempts_.end()) return;
  release_slot(found->second);
  attempts_.erase(found);
  emit(CancelTransfers{token});
  emit(RemoveScratch{token});
}

void Agent::release_slot(const Attempt& attempt) {
  const auto slot = slot_of(attempt);
  if (!slot || *slot < 0) return;
  Slot& held = slots_[static_cast<std::size_t>(*slot)];
  if (held.attempt != attempt.lease.attempt) return;
  flush_log(*slot);
  held.attempt.reset();
}

}  // namespace spin::agent
