#include "tests/property/sim_worker.h"

#include <algorithm>
#include <utility>

#include "tests/server/core/plans.h"

namespace spin::core {
namespace {

constexpr std::int64_t kCheckpointBytes = 10;  // times the epoch, which so can be told from the size

bool is_last(const Report& report) {
  return std::holds_alternative<AttemptFinished>(report.body) ||
         std::holds_alternative<AttemptFailed>(report.body);
}

std::string token_text(const AttemptToken& token) {
  return std::to_string(token.boot_epoch) + "-" + std::to_string(token.sequence);
}

}  // namespace

WorkerHello SimWorker::connect(SessionId session) {
  session_ = session;
  WorkerHello hello = hello_;
  hello.held = held();
  for (const auto& entry : outbox_) send(entry);
  if (draining_) send(Draining{});
  say_credits();
  return hello;
}

std::vector<HeldAttempt> SimWorker::held() const {
  std::vector<HeldAttempt> all;
  for (const auto& [token, training] : training_) all.push_back({token, {training.device}});
  for (const auto& entry : outbox_)
    if (is_last(entry.report)) all.push_back({entry.report.attempt});
  return all;
}

void SimWorker::disconnect() {
  session_.reset();
  up_.clear();
  down.clear();
  up_cut = down_cut = false;
}

void SimWorker::restart() {
  disconnect();
  training_.clear();
  draining_ = frozen = false;
  ++hello_.pid;
  hello_.instance = hello_.name + " " + std::to_string(hello_.pid);
}

std::optional<WorkerMessage> SimWorker::take_message() {
  if (up_.empty()) return std::nullopt;
  WorkerMessage message = std::move(up_.front());
  up_.pop_front();
  return message;
}

bool SimWorker::trains(const JobId& job) const {
  return std::any_of(training_.begin(), training_.end(),
                     [&](const auto& entry) { return entry.second.job == job; });
}

void SimWorker::send(WorkerMessage message) {
  if (session_) up_.push_back(std::move(message));
}

void SimWorker::report(const JobId& job, const AttemptToken& token, ReportBody body) {
  outbox_.push_back({++last_sequence_, {job, token, std::move(body)}});
  send(outbox_.back());
}

void SimWorker::report_checkpoint(const JobId& job, const AttemptToken& token, int epoch) {
  const ArtifactRef checkpoint{artifact_id("c" + token_text(token) + "e" + std::to_string(epoch)),
                               ArtifactKind::checkpoint, epoch * kCheckpointBytes};
  report(job, token, CheckpointStored{checkpoint, epoch});
}

void SimWorker::say_credits() {
  Credits credits;
  for (const DeviceOffer& offer : hello_.devices) {
    const auto busy = std::count_if(training_.begin(), training_.end(),
                                    [&](const auto& entry) { return entry.second.device == offer.device; });
    credits.free.push_back(std::max(0, hello_.slots - static_cast<int>(busy)));
  }
  send(std::move(credits));
}

void SimWorker::receive(const Down& from) {
  if (const auto* lease = std::get_if<Lease>(&from.message)) {
    const LeasedJob& job = lease->jobs.at(0);
    if (draining_) {
      report(from.job, job.attempt, AttemptFailed{FailureKind::refused, "stopping"});
    } else {
      std::int64_t epoch = 0;
      for (const auto& input : job.inputs)
        if (input.role == InputRole::resume) epoch = input.artifact.bytes / kCheckpointBytes;
      training_[job.attempt] = {from.job, lease->devices.at(0), static_cast<int>(epoch)};
      report(from.job, job.attempt, AttemptStarted{});
    }
  } else if (const auto* wanted = std::get_if<StopAttempt>(&from.message)) {
    stop(*wanted);
  } else if (const auto* ack = std::get_if<ReportAck>(&from.message)) {
    acknowledge(ack->sequence);
  } else if (std::holds_alternative<DrainRequest>(from.message)) {
    draining_ = true;
    send(Draining{});
  }
}

void SimWorker::stop(const StopAttempt& stop) {
  const auto found = training_.find(stop.attempt);
  if (found == training_.end()) return;
  Mode& mode = found->second.mode;
  if (mode == Mode::trains || !stop.keep) mode = stop.keep ? Mode::saves : Mode::stops;
}

void SimWorker::end(const AttemptToken& token) {
  const Training training = training_.at(token);
  training_.erase(token);
  if (training.mode == Mode::saves) {
    if (training.epoch > 0) report_checkpoint(training.job, token, training.epoch);
    report(training.job, token, AttemptFailed{FailureKind::refused, "paused"});
  }
  say_credits();
}

void SimWorker::end_what_stops() {
  std::vector<AttemptToken> ending;
  for (const auto& [token, training] : training_)
    if (training.mode != Mode::trains) ending.push_back(token);
  for (const AttemptToken& token : ending) end(token);
}

void SimWorker::acknowledge(std::uint64_t sequence) {
  const auto entry = std::find_if(outbox_.begin(), outbox_.end(),
                                  [&](const SequencedReport& kept) { return kept.sequence == sequence; });
  if (entry == outbox_.end()) return;
  if (std::holds_alternative<AttemptFinished>(entry->report.body))
    acknowledged_.push_back(entry->report.attempt);
  outbox_.erase(entry);
}

void SimWorker::heartbeat() { send(Heartbeat{held()}); }

void SimWorker::act(const Mishaps& mishaps) {
  if (!outbox_.empty() && happens(30)) send(outbox_[random_() % outbox_.size()]);  // sent twice
  if (happens(50)) say_credits();
  if (training_.empty()) return;
  auto chosen = training_.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(random_() % training_.size()));
  const AttemptToken token = chosen->first;
  if (chosen->second.mode == Mode::trains)
    train(token, mishaps);
  else
    end(token);
}

void SimWorker::train(const AttemptToken& token, const Mishaps& mishaps) {
  Training& training = training_.at(token);
  const JobId job = training.job;
  const auto end_with = [&](ReportBody body) {
    training_.erase(token);
    report(job, token, std::move(body));
    say_credits();
  };
  if (happens(mishaps.job_error)) return end_with(AttemptFailed{FailureKind::job_error, "bad data"});
  if (happens(mishaps.trainer_dies)) return end_with(AttemptFailed{FailureKind::trainer_died, "signal 11"});
  if (happens(mishaps.refuses)) return end_with(AttemptFailed{FailureKind::refused, "stopping"});
  if (++training.epoch < kEpochs) {
    EpochFinished epoch;
    epoch.metrics.epoch = training.epoch;
    epoch.metrics.values.set(Metric::top1, static_cast<double>(random_() % 100));
    report(job, token, epoch);
    report_checkpoint(job, token, training.epoch);
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
    finished.outputs = {{artifact_id("m" + token_text(token)), ArtifactKind::model, 10}};
  end_with(finished);
}

}  // namespace spin::core
