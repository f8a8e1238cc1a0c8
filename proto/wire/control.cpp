#include "proto/wire/control.h"

#include "proto/wire/enums.h"
#include "proto/wire/fleet.h"
#include "proto/wire/text.h"

namespace spin::wire {
namespace {

using CountFields = std::array<const google::protobuf::FieldDescriptor*, kJobStates.size()>;

/// In the order of kJobStates; the message has a field of each state's name.
const CountFields& count_fields() {
  static const CountFields kFields = [] {
    CountFields fields{};
    for (std::size_t i = 0; i < fields.size(); ++i)
      fields[i] = v1::StateCounts::descriptor()->FindFieldByName(std::string(kJobStates[i].name));
    return fields;
  }();
  return kFields;
}

void counts_to_wire(const StateCounts& counts, v1::StateCounts* message) {
  const auto* reflection = v1::StateCounts::GetReflection();
  for (std::size_t i = 0; i < kJobStates.size(); ++i)
    reflection->SetInt64(message, count_fields()[i], counts.*kJobStates[i].count);
}

StateCounts counts_from_wire(const v1::StateCounts& message) {
  const auto* reflection = v1::StateCounts::GetReflection();
  StateCounts counts;
  for (std::size_t i = 0; i < kJobStates.size(); ++i)
    counts.*kJobStates[i].count = reflection->GetInt64(message, count_fields()[i]);
  return counts;
}

void running_to_wire(const RunningJob& value, v1::RunningJob* message) {
  message->set_job(digest_to_wire(value.job.digest));
  message->set_name(valid_utf8(value.name));
  message->set_worker(valid_utf8(value.worker));
  if (value.progress) to_wire(*value.progress, message->mutable_progress());
}

Result<RunningJob> running_from_wire(const v1::RunningJob& message) {
  RunningJob running;
  SPIN_ASSIGN(running.job.digest, digest_from_wire(message.job()));
  running.name = message.name();
  running.worker = message.worker();
  if (message.has_progress()) running.progress = from_wire(message.progress());
  return running;
}

void attempt_to_wire(const AttemptRow& value, v1::AttemptRow* message) {
  to_wire(value.token, message->mutable_token());
  message->set_worker(valid_utf8(value.worker));
  message->set_state(value.state);
  message->set_error(valid_utf8(value.error));
  message->set_started_at_ms(value.started_at_ms);
  if (value.ended_at_ms) message->set_ended_at_ms(*value.ended_at_ms);
}

AttemptRow attempt_from_wire(const v1::AttemptRow& message) {
  AttemptRow attempt{.token = from_wire(message.token()),
                     .worker = message.worker(),
                     .state = message.state(),
                     .error = message.error(),
                     .started_at_ms = message.started_at_ms(),
                     .ended_at_ms = {}};
  if (message.has_ended_at_ms()) attempt.ended_at_ms = message.ended_at_ms();
  return attempt;
}

}  // namespace

void to_wire(const SweepStatus& value, v1::SweepStatus* message) {
  message->set_id(value.id.value);
  message->set_name(valid_utf8(value.name));
  message->set_submitted_at_ms(value.submitted_at_ms);
  counts_to_wire(value.counts, message->mutable_counts());
  for (const auto& running : value.running) running_to_wire(running, message->add_running());
  message->set_work_done(value.work_done);
  message->set_work_total(value.work_total);
  if (value.seconds_left) message->set_seconds_left(*value.seconds_left);
  message->set_paused(value.paused);
  message->set_priority(value.priority);
  message->set_jobs_to_come(value.jobs_to_come);
  message->set_hint(valid_utf8(value.hint));
  message->set_cancelled(value.cancelled);
}

Result<SweepStatus> from_wire(const v1::SweepStatus& message) {
  SweepStatus status;
  status.id = {message.id()};
  status.name = message.name();
  status.submitted_at_ms = message.submitted_at_ms();
  status.counts = counts_from_wire(message.counts());
  for (const auto& entry : message.running()) {
    SPIN_ASSIGN(RunningJob running, running_from_wire(entry));
    status.running.push_back(std::move(running));
  }
  status.work_done = message.work_done();
  status.work_total = message.work_total();
  if (message.has_seconds_left()) status.seconds_left = message.seconds_left();
  status.paused = message.paused();
  status.priority = message.priority();
  status.jobs_to_come = message.jobs_to_come();
  status.hint = message.hint();
  status.cancelled = message.cancelled();
  return status;
}

void to_wire(const Submitted& value, v1::Submitted* message) {
  message->set_sweep(value.sweep.value);
  message->set_name(valid_utf8(value.name));
  message->set_jobs(value.jobs);
  message->set_jobs_new(value.jobs_new);
  for (const ReplacedSweep& replaced : value.replaced) {
    auto* entry = message->add_replaced();
    entry->set_sweep(replaced.sweep.value);
    entry->set_jobs_cancelled(replaced.jobs_cancelled);
  }
  message->set_jobs_retrained(value.jobs_retrained);
  for (const auto& note : value.notes) message->add_notes(valid_utf8(note));
}

void to_wire(const SubmissionOptions& value, v1::SubmitRequest* message) {
  message->set_replace(value.replace);
  message->set_retrain(static_cast<v1::Retrain>(value.retrain));
  for (const auto& seen : value.data) {
    auto* entry = message->add_data();
    entry->set_dataset(valid_utf8(seen.dataset));
    to_wire(seen.state, entry->mutable_state());
  }
}

Result<SubmissionOptions> from_wire(const v1::SubmitRequest& message) {
  constexpr int kMaxDataSets = 1000;
  SPIN_TRY(check_count("submit.data", message.data_size(), kMaxDataSets));
  if (message.retrain() < v1::RETRAIN_REFUSE || message.retrain() > v1::RETRAIN_ALL)
    return rejected("submit.retrain", "is " + std::to_string(message.retrain()) + "; 0 to 3 is accepted");
  SubmissionOptions options{message.replace(), static_cast<Retrain>(message.retrain()), {}};
  for (const auto& entry : message.data())
    options.data.push_back({entry.dataset(), from_wire(entry.state())});
  return options;
}

Submitted from_wire(const v1::Submitted& message) {
  Submitted submitted{{message.sweep()},
                      message.name(),
                      message.jobs(),
                      message.jobs_new(),
                      {},
                      message.jobs_retrained(),
                      {}};
  submitted.notes.assign(message.notes().begin(), message.notes().end());
  for (const auto& entry : message.replaced())
    submitted.replaced.push_back({{entry.sweep()}, entry.jobs_cancelled()});
  return submitted;
}

void to_wire(const JobRow& value, v1::JobRow* message) {
  message->set_id(digest_to_wire(value.id.digest));
  message->set_name(valid_utf8(value.name));
  message->set_state(enum_to_wire<v1::JobState>(value.state));
  message->set_reason(valid_utf8(value.reason));
  message->set_params(value.params);
  message->set_flops(value.flops);
  message->set_attempts(value.attempts);
  message->set_worker(valid_utf8(value.worker));
  if (value.top1) message->set_top1(*value.top1);
  if (value.seconds) message->set_seconds(*value.seconds);
  message->set_priority(value.priority);
  if (value.share_done) message->set_share_done(*value.share_done);
}

Result<JobRow> from_wire(const v1::JobRow& message) {
  JobRow row;
  SPIN_ASSIGN(row.id.digest, digest_from_wire(message.id()));
  row.name = message.name();
  SPIN_ASSIGN(row.state, enum_from_wire<JobState>("job state", message.state()));
  row.reason = message.reason();
  row.params = message.params();
  row.flops = message.flops();
  row.attempts = message.attempts();
  row.worker = message.worker();
  if (message.has_top1()) row.top1 = message.top1();
  if (message.has_seconds()) row.seconds = message.seconds();
  row.priority = message.priority();
  if (message.has_share_done()) row.share_done = message.share_done();
  return row;
}

void to_wire(const JobDetail& value, v1::JobDetail* message) {
  to_wire(value.row, message->mutable_row());
  message->set_config(valid_utf8(value.config));
  for (const auto& id : value.depends_on) message->add_depends_on(digest_to_wire(id.digest));
  for (const auto& sweep : value.sweeps) message->add_sweeps(valid_utf8(sweep));
  for (const auto& attempt : value.attempts) attempt_to_wire(attempt, message->add_attempts());
  for (const auto& epoch : value.epochs) to_wire(epoch, message->add_epochs());
  if (value.result) to_wire(*value.result, message->mutable_result());
  for (const auto& artifact : value.artifacts) to_wire(artifact, message->add_artifacts());
}

Result<JobDetail> from_wire(const v1::JobDetail& message) {
  JobDetail detail;
  SPIN_ASSIGN(detail.row, from_wire(message.row()));
  detail.config = message.config();
  for (const auto& bytes : message.depends_on()) {
    SPIN_ASSIGN(const Digest digest, digest_from_wire(bytes));
    detail.depends_on.push_back({digest});
  }
  detail.sweeps.assign(message.sweeps().begin(), message.sweeps().end());
  for (const auto& attempt : message.attempts()) detail.attempts.push_back(attempt_from_wire(attempt));
  for (const auto& epoch : message.epochs()) {
    SPIN_ASSIGN(auto metrics, from_wire(epoch));
    detail.epochs.push_back(std::move(metrics));
  }
  if (message.has_result()) {
    SPIN_ASSIGN(detail.result, from_wire(message.result()));
  }
  for (const auto& entry : message.artifacts()) {
    SPIN_ASSIGN(const ArtifactRef artifact, from_wire(entry));
    detail.artifacts.push_back(artifact);
  }
  return detail;
}

}  // namespace spin::wire
