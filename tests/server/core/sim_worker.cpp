#include "tests/server/core/sim_worker.h"

#include <algorithm>
#include <utility>

#include "schema/base/version.h"
#include "tests/server/core/plans.h"

namespace spin::core {
namespace {

constexpr int kEpochs = 3;

bool is_last(const Report& report) {
  return std::holds_alternative<AttemptFinished>(report.body) ||
         std::holds_alternative<AttemptFailed>(report.body);
}

std::string text_of(const AttemptToken& token) {
  return std::to_string(token.boot_epoch) + "-" + std::to_string(token.sequence);
}

}  // namespace

SimWorker::SimWorker(std::string name, int slots, std::uint64_t seed)
    : name_(std::move(name)), slots_(slots), pid_(static_cast<std::int64_t>(seed % 10'000)), random_(seed) {}

WorkerHello SimWorker::connect(SessionId session) {
  session_ = session;
  WorkerHello hello;
  hello.name = name_;
  hello.version = kVersion;
  hello.host = "host";
  hello.slots = slots_;
  hello.pid = pid_;
  for (const auto& [token, training] : training_) hello.held.push_back(token);
  for (const auto& entry : outbox_)
    if (is_last(entry.report)) hello.held.push_back(entry.report.attempt);
  for (const auto& entry : outbox_) send(entry);
  if (draining_) send(Draining{});
  say_credits();
  return hello;
}

void SimWorker::disconnect() {
  session_.reset();
  up_.clear();
}

void SimWorker::restart() {
  disconnect();
  training_.clear();
  draining_ = false;
  ++pid_;
}

std::optional<WorkerMessage> SimWorker::take_message() {
  if (up_.empty()) return std::nullopt;
  WorkerMessage message = std::move(up_.front());
  up_.pop_front();
  return message;
}

void SimWorker::send(WorkerMessage message) {
  if (session_) up_.push_back(std::move(message));
}

void SimWorker::report(const JobId& job, const AttemptToken& token, ReportBody body) {
  outbox_.push_back({++last_sequence_, {job, token, std::move(body)}});
  send(outbox_.back());
}

void SimWorker::say_credits() { send(Credits{std::max(0, slots_ - static_cast<int>(training_.size()))}); }

void SimWorker::receive(const CoordinatorMessage& message, const JobId& leased) {
  if (const auto* lease = std::get_if<Lease>(&message)) {
    if (draining_) {
      report(leased, lease->attempt, AttemptFailed{FailureKind::refused, "stopping"});
    } else {
      training_[lease->attempt] = {leased, 0};
      report(leased, lease->attempt, AttemptStarted{});
    }
  } else if (const auto* stop = std::get_if<StopAttempt>(&message)) {
    if (training_.erase(stop->attempt) > 0) say_credits();
  } else if (const auto* ack = std::get_if<ReportAck>(&message)) {
    const auto entry = std::find_if(outbox_.begin(), outbox_.end(), [&](const SequencedReport& kept) {
      return kept.sequence == ack->sequence;
    });
    if (entry == outbox_.end()) return;
    if (std::holds_alternative<AttemptFinished>(entry->report.body))
      acknowledged_.push_back(entry->report.attempt);
    outbox_.erase(entry);
  }
}

void SimWorker::heartbeat() {
  Heartbeat heartbeat;
  for (const auto& [token, training] : training_) heartbeat.running.push_back(token);
  send(heartbeat);
}

void SimWorker::act(const Mishaps& mishaps) {
  if (!outbox_.empty() && happens(30)) send(outbox_[random_() % outbox_.size()]);  // sent twice
  if (happens(50)) say_credits();
  if (training_.empty()) return;
  auto chosen = training_.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(random_() % training_.size()));
  const AttemptToken token = chosen->first;
  train(token, mishaps);
}

void SimWorker::train(const AttemptToken& token, const Mishaps& mishaps) {
  Training& training = training_.at(token);
  const JobId job = training.job;
  const auto end = [&](ReportBody body) {
    training_.erase(token);
    report(job, token, std::move(body));
    say_credits();
  };
  if (happens(mishaps.job_error)) return end(AttemptFailed{FailureKind::job_error, "bad data"});
  if (happens(mishaps.trainer_dies)) return end(AttemptFailed{FailureKind::trainer_died, "signal 11"});
  if (happens(mishaps.refuses)) return end(AttemptFailed{FailureKind::refused, "stopping"});
  if (++training.epoch < kEpochs) {
    EpochFinished epoch;
    epoch.metrics.epoch = training.epoch;
    report(job, token, epoch);
    const ArtifactRef checkpoint{artifact_id("c" + text_of(token) + "e" + std::to_string(training.epoch)),
                                 ArtifactKind::checkpoint, 10};
    report(job, token, CheckpointStored{checkpoint, training.epoch});
    send(Progress{.attempt = token,
                  .epoch = training.epoch,
                  .epochs = kEpochs,
                  .step = training.epoch,
                  .steps = kEpochs,
                  .loss = 1,
                  .images_per_second = 1});
    return;
  }
  finished_[token] = job;
  AttemptFinished finished;
  finished.result.outcome = happens(mishaps.diverges) ? Outcome::diverged : Outcome::completed;
  if (finished.result.outcome == Outcome::completed)
    finished.model = ArtifactRef{artifact_id("m" + text_of(token)), ArtifactKind::model, 10};
  end(finished);
}

}  // namespace spin::core
