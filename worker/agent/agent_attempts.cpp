#include <utility>

#include "schema/base/text.h"
#include "schema/job/names.h"
#include "worker/agent/agent.h"
#include "worker/agent/checks.h"

namespace spin::agent {
namespace {

/// Whether the attempt's end waits for the artifact.
bool awaits(const AttemptState& state, ArtifactKind kind) {
  if (const auto* keeping = std::get_if<Keeping>(&state)) return keeping->missing.contains(kind);
  const auto* uploading = std::get_if<Uploading>(&state);
  return uploading != nullptr && uploading->missing.contains(kind);
}

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
  emit(UploadCheckpoint{token, scratch_file(token, ArtifactKind::checkpoint)});
}

std::string Agent::scratch_file(const AttemptToken& token, ArtifactKind kind) const {
  return settings_.scratch + "/" + token_name(token) + "/" + std::string(enum_name(kind)) + ".safetensors";
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
  preparing->inputs.emplace(event.role, event.path);
  try_run(*attempt);
}

void Agent::on(const FetchFailed& event) {
  Attempt* attempt = find(event.attempt);
  if (attempt == nullptr || !std::holds_alternative<Preparing>(attempt->state)) return;
  const std::string message = std::string(facts_of(event.role).title) + ": " + event.error.message;
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
  const LeasedJob& lease = attempt.lease;
  Slot& slot = slots_[static_cast<std::size_t>(preparing.slot)];
  const bool has_inputs = lease.inputs.size() == preparing.inputs.size();
  if (has_inputs && !lease.inputs.empty()) slot.no_room.clear();
  if (!has_inputs || !std::holds_alternative<TrainerIdle>(slot.trainer)) return;

  RunCommand run;
  run.config = lease.config;
  run.root = lease.root;
  run.data = settings_.data;
  run.inputs = preparing.inputs;
  for (const ArtifactFacts& facts : kArtifactKinds)
    if (facts.made != Made::by_choice) run.outputs[facts.kind] = scratch_file(lease.attempt, facts.kind);
  run.checkpoint_seconds = settings_.checkpoint_seconds;
  const int index = preparing.slot;
  slot.trainer = TrainerBusy{};
  move(attempt, Training{index, {now_ + settings_.checkpoint_interval, {}, {}, {}}});
  emit(CommandTrainer{index, std::move(run)});
}

void Agent::finish_training(Attempt& attempt, const FinishedEvent& event) {
  const JobResult result = event.result;
  std::set<ArtifactKind> outputs;
  for (const auto& [kind, path] : event.outputs)
    if (facts_of(kind).made == Made::at_the_end) outputs.insert(kind);
  release_slot(attempt);
  if (outputs.empty()) return end_with(attempt, AttemptFinished{result, {}});
  keep(attempt, result, std::move(outputs));
}

void Agent::keep(Attempt& attempt, std::variant<JobResult, AttemptFailed> end, std::set<ArtifactKind> kinds) {
  const AttemptToken token = attempt.lease.attempt;
  emit(CancelTransfers{token});
  for (const ArtifactKind kind : kinds) emit(KeepArtifact{token, kind, scratch_file(token, kind)});
  move(attempt, Keeping{std::move(end), std::move(kinds)});
}

void Agent::on(const ArtifactKept& event) {
  Attempt* attempt = find(event.attempt);
  auto* keeping = attempt == nullptr ? nullptr : std::get_if<Keeping>(&attempt->state);
  if (keeping == nullptr || keeping->missing.erase(event.artifact.kind) == 0) return;
  keeping->kept.push_back(event.artifact);
  if (!keeping->missing.empty()) return;
  if (const auto* result = std::get_if<JobResult>(&keeping->end))
    return end_with(*attempt, AttemptFinished{*result, keeping->kept});
  AttemptFailed failure = std::get<AttemptFailed>(keeping->end);
  failure.checkpoint = event.artifact;
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
  } else if (auto* uploading = std::get_if<Uploading>(&attempt->state)) {
    if (uploading->missing.erase(event.artifact.kind) == 0 || !uploading->missing.empty()) return;
    const std::uint64_t sequence = uploading->sequence;
    move(*attempt, Reporting{sequence});
    if (auto report = reports_.artifacts_arrived(sequence)) send(std::move(*report));
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
  } else if (awaits(attempt->state, event.kind)) {
    cannot_read_kept(*attempt, event);
  }
}

/// An artifact that goes with the last report is not there any more, or not what it was.
void Agent::cannot_read_kept(Attempt& attempt, const UploadFailed& event) {
  const auto* keeping = std::get_if<Keeping>(&attempt.state);
  const auto* failure = keeping == nullptr ? nullptr : std::get_if<AttemptFailed>(&keeping->end);
  std::optional<AttemptFailed> without = failure == nullptr ? std::nullopt : std::optional(*failure);
  if (const auto* uploading = std::get_if<Uploading>(&attempt.state)) {
    withdraw(uploading->sequence);
    without = uploading->without;
  }
  if (!without)
    return fail(attempt, FailureKind::job_error,
                "the " + std::string(enum_name(event.kind)) + " could not be read: " + event.error.message);
  say(Severity::warning, attempt.lease.name + ": last checkpoint not stored: " + event.error.message);
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
  const auto artifacts = artifacts_of(last.report.body);
  if (artifacts.empty()) return move(attempt, Reporting{last.sequence});
  std::optional<AttemptFailed> without;
  if (const auto* failed = std::get_if<AttemptFailed>(&last.report.body))
    without = AttemptFailed{failed->kind, failed->message};
  std::set<ArtifactKind> missing;
  for (const ArtifactRef& artifact : artifacts) missing.insert(artifact.kind);
  move(attempt, Uploading{last.sequence, std::move(missing), std::move(without)});
  for (const ArtifactRef& artifact : artifacts) emit(UploadKept{attempt.lease.attempt, artifact});
}

void Agent::withdraw(std::uint64_t sequence) {
  if (reports_.acknowledged(sequence)) emit(Forget{sequence});
}

void Agent::fail(Attempt& attempt, FailureKind kind, const std::string& message) {
  say(Severity::warning, attempt.lease.name + ": " + message);
  end_with(attempt, AttemptFailed{kind, shortened(message, kMessageBytes)});
}

void Agent::refuse(const LeasedJob& lease, const std::string& message) {
  Attempt& attempt = attempts_[lease.attempt];
  attempt = Attempt{lease, Preparing{-1, {}}};
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
