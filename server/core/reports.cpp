#include "server/core/reports.h"

#include <iterator>
#include <utility>

#include "server/core/leases.h"
#include "server/core/quarantine.h"
#include "server/core/retention.h"
#include "server/core/sessions.h"
#include "server/core/status.h"

namespace spin::core {
namespace {

/// Whether the report comes from the attempt that runs the job, or from the one that ran it last and that
/// nobody has replaced. Anything else is stale.
bool speaks_for(const Job& job, const AttemptToken& token) {
  if (const Attempt* attempt = running_attempt(job)) return attempt->token == token;
  return lost_attempt(job) == token;
}

/// Whether another runs the job and has stored no checkpoint yet.
bool is_overtaken(const Job& job, const AttemptToken& token) {
  const Attempt* attempt = running_attempt(job);
  return attempt != nullptr && attempt->lost == token;
}

/// Whether a coordinator may have issued the token: this one, or one with another copy of this database,
/// whose clock may have been ahead of ours.
bool may_be_issued(const Core& core, const AttemptToken& token) {
  if (token.boot_epoch < 1 || token.sequence < 1) return false;
  return token.boot_epoch != core.boot_epoch || token.sequence < core.next_sequence;
}

/// A report that is sent again because its acknowledgement got lost.
bool is_repeated(const Job& job, const SequencedReport& report) {
  const Attempt* attempt = running_attempt(job);
  return attempt != nullptr && attempt->token == report.report.attempt && report.sequence != 0 &&
         report.sequence <= attempt->last_report;
}

bool is_last(const ReportBody& body) {
  return std::holds_alternative<AttemptFinished>(body) || std::holds_alternative<AttemptFailed>(body);
}

const std::string& dataset_of(const Core& core, const Job& job) { return core.needs.at(job.needs).dataset; }

struct ReportHandler {
  Step& step;
  SessionId session;
  JobKey key;
  AttemptToken token;
  bool current;   ///< of the attempt that speaks for the job
  bool repeated;  ///< has been handled before

  void operator()(const AttemptStarted& started) const {
    const Job& job = step.core.catalogue.at(key);
    if (!current || started.data.fingerprint.empty()) return;
    note_data(step, job, started.data);
    if (auto warning = step.core.data.warning(dataset_of(step.core, job), started.data))
      step.effects.changes.emplace_back(AppendLog{key, {std::move(*warning)}});
  }
  /// Of every attempt whose result would be taken, so that the curve is whole whoever ends it.
  void operator()(const EpochFinished& epoch) const {
    if (repeated || !takes_result(step.core.catalogue.at(key).phase)) return;
    step.effects.changes.emplace_back(InsertEpoch{key, token, epoch.metrics, !current});
    ++step.core.counters.epochs;
    if (current) note_accuracy(step, key, epoch.metrics);
  }
  void operator()(const CheckpointStored& stored) const {
    if (current && !repeated) return keep_checkpoint(step, key, stored);
    // Whoever runs the job next goes on from there, unless the running attempt gets ahead.
    if (is_overtaken(step.core.catalogue.at(key), token))
      keep_artifact(step, key, ArtifactKind::checkpoint, stored.artifact, stored.epoch);
  }
  void operator()(const AttemptFinished& finished) const {
    const std::string& worker = step.core.workers.find(session)->hello.name;
    const Attempt* attempt = running_attempt(step.core.catalogue.at(key));
    const bool is_running = attempt != nullptr && attempt->token == token;
    const WorkerDevice place = worker_device(step.core, worker, is_running ? attempt->device : std::string());
    if (accept_or_count(step, key, token, finished, worker)) note_success(step.core, place);
  }
  void operator()(const AttemptFailed& failed) const {
    if (failed.checkpoint) (*this)(CheckpointStored{*failed.checkpoint, failed.epoch});
    if (!current) return;
    if (std::holds_alternative<Paused>(step.core.catalogue.at(key).phase))
      change(step, key, GiveBack{});
    else if (renew_attempt(step, session, token))
      handle_failure(step, key, failed);
  }
  void operator()(const LogLines& log) const {
    if (repeated || log.lines.empty()) return;
    // Results are taken while a disk is nearly full; what is left of it is not for logs.
    if (step.core.hold)
      step.core.lines_left_out[key] += std::ssize(log.lines);
    else
      step.effects.changes.emplace_back(AppendLog{key, log.lines});
  }
};

void apply_report(Step& step, SessionId session, const SequencedReport& report) {
  const auto& [id, token, body] = report.report;
  const auto key = step.core.catalogue.find(id);
  if (!key || !may_be_issued(step.core, token)) return;
  const auto owner = step.core.attempts.find(token);
  if (owner != step.core.attempts.end() && owner->second != *key) return;

  if (const auto last = step.core.superseded.find(*key);
      last != step.core.superseded.end() && token <= last->second)
    return;
  Job& job = step.core.catalogue.at(*key);
  const bool repeated = is_repeated(job, report);
  if (Attempt* attempt = running_attempt(job); attempt != nullptr && attempt->token == token) {
    if (!repeated && report.sequence != 0) attempt->last_report = report.sequence;
    renew_lease(step, *key);
  }
  std::visit(ReportHandler{step, session, *key, token, speaks_for(job, token), repeated}, body);
}

struct Said {
  Step& step;
  SessionId session;

  void operator()(const WorkerHello&) const {}  // comes as WorkerAttached
  void operator()(const Credits& credits) const {
    const std::size_t devices = step.core.workers.find(session)->devices.size();
    if (credits.free.size() == devices) return step.core.workers.set_credits(session, credits.free);
    close_session(step, session,
                  {ErrorCode::invalid_argument, "the worker offers " + std::to_string(devices) +
                                                    " device(s) and says the free slots of " +
                                                    std::to_string(credits.free.size())});
  }
  void operator()(const Heartbeat& heartbeat) const {
    step.core.workers.hindered(session, heartbeat.problem);
    reconcile(step, session, heartbeat.running);
  }
  void operator()(const SequencedReport& report) const { handle_report(step, session, report); }
  void operator()(const Progress& progress) const { handle_progress(step, session, progress); }
  void operator()(const Draining&) const { step.core.workers.drains(session); }
};

}  // namespace

void worker_said(Step& step, const WorkerSaid& event) {
  if (step.core.workers.find(event.session) == nullptr) return;
  step.core.workers.heard(event.session, step.now);
  std::visit(Said{step, event.session}, event.message);
}

void handle_report(Step& step, SessionId session, const SequencedReport& report) {
  if (is_last(report.report.body)) step.core.workers.ended(session, report.report.attempt);
  apply_report(step, session, report);
  if (report.sequence != 0) tell(step, session, ReportAck{report.sequence});
}

void handle_progress(Step& step, SessionId session, const Progress& progress) {
  if (!renew_attempt(step, session, progress.attempt)) return;
  Job& job = step.core.catalogue.at(step.core.attempts.at(progress.attempt));
  running_attempt(job)->progress = progress;
  step.core.kept_shares.erase(step.core.attempts.at(progress.attempt));
  step.core.catalogue.touch(job);
  note_progress(step, job);
}

}  // namespace spin::core
