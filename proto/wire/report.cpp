#include <algorithm>

#include "proto/wire/enums.h"
#include "proto/wire/fleet.h"
#include "proto/wire/text.h"
#include "schema/base/text.h"

namespace spin::wire {
namespace {

constexpr std::size_t kMaxFailureBytes = 4000;
constexpr std::size_t kMaxLogLineBytes = 4096;
constexpr int kMaxLogLines = 1000;

struct BodyToWire {
  v1::Report* message;
  void operator()(const AttemptStarted& body) const {
    to_wire(body.data, message->mutable_started()->mutable_data());
  }
  void operator()(const EpochFinished& body) const { to_wire(body.metrics, message->mutable_epoch()); }
  void operator()(const CheckpointStored& body) const {
    auto* checkpoint = message->mutable_checkpoint();
    to_wire(body.artifact, checkpoint->mutable_artifact());
    checkpoint->set_epoch(body.epoch);
  }
  void operator()(const AttemptFinished& body) const {
    auto* finished = message->mutable_finished();
    to_wire(body.result, finished->mutable_result());
    for (const auto& output : body.outputs) to_wire(output, finished->add_outputs());
  }
  void operator()(const AttemptFailed& body) const {
    auto* failed = message->mutable_failed();
    failed->set_kind(enum_to_wire<v1::FailureKind>(body.kind));
    failed->set_message(valid_utf8(body.message));
    if (body.checkpoint) to_wire(*body.checkpoint, failed->mutable_checkpoint());
    failed->set_epoch(body.epoch);
  }
  void operator()(const LogLines& body) const {
    auto* log = message->mutable_log();
    for (const auto& line : body.lines) log->add_lines(valid_utf8(line));
  }
};

Result<ReportBody> epoch_from_wire(const v1::EpochMetrics& message) {
  SPIN_ASSIGN(const EpochMetrics metrics, from_wire(message));
  if (!metrics.values[Metric::loss]) return rejected("report.epoch", "has no loss");
  return ReportBody{EpochFinished{metrics}};
}

Result<ReportBody> checkpoint_from_wire(const v1::Report::CheckpointStored& message) {
  SPIN_ASSIGN(const ArtifactRef artifact, from_wire(message.artifact()));
  if (artifact.kind != ArtifactKind::checkpoint)
    return rejected("report.checkpoint.artifact.kind",
                    "is " + std::string(enum_name(artifact.kind)) + "; checkpoint is accepted");
  SPIN_TRY(check_at_least("report.checkpoint.epoch", message.epoch(), 0));
  return ReportBody{CheckpointStored{.artifact = artifact, .epoch = message.epoch()}};
}

Result<ReportBody> finished_from_wire(const v1::Report::Finished& message) {
  if (!message.has_result()) return rejected("report.finished.result", "is missing");
  AttemptFinished finished;
  SPIN_ASSIGN(finished.result, from_wire(message.result()));
  for (const auto& entry : message.outputs()) {
    SPIN_ASSIGN(const ArtifactRef output, from_wire(entry));
    if (std::ranges::find(finished.outputs, output.kind, &ArtifactRef::kind) != finished.outputs.end())
      return rejected("report.finished.outputs", "has two of kind " + std::string(enum_name(output.kind)));
    if (facts_of(output.kind).made != Made::at_the_end || finished.result.outcome == Outcome::diverged)
      return rejected("report.finished.outputs",
                      "has a " + std::string(enum_name(output.kind)) +
                          "; what a job leaves that trained to its end is accepted");
    finished.outputs.push_back(output);
  }
  return ReportBody{std::move(finished)};
}

Result<ReportBody> failed_from_wire(const v1::Report::Failed& message) {
  AttemptFailed failed;
  SPIN_ASSIGN(failed.kind, enum_from_wire<FailureKind>("report.failed.kind", message.kind()));
  failed.message = shortened(message.message(), kMaxFailureBytes);
  if (message.has_checkpoint()) {
    SPIN_ASSIGN(failed.checkpoint, from_wire(message.checkpoint()));
    if (failed.checkpoint->kind != ArtifactKind::checkpoint)
      return rejected("report.failed.checkpoint.kind",
                      "is " + std::string(enum_name(failed.checkpoint->kind)) + "; checkpoint is accepted");
  }
  SPIN_TRY(check_at_least("report.failed.epoch", message.epoch(), 0));
  failed.epoch = message.epoch();
  return ReportBody{std::move(failed)};
}

Result<ReportBody> log_from_wire(const v1::Report::LogLines& message) {
  SPIN_TRY(check_count("report.log.lines", message.lines_size(), kMaxLogLines));
  LogLines log;
  for (const auto& line : message.lines()) log.lines.push_back(shortened(line, kMaxLogLineBytes));
  return ReportBody{std::move(log)};
}

Result<ReportBody> body_from_wire(const v1::Report& message) {
  switch (message.body_case()) {
    case v1::Report::kStarted:
      return ReportBody{AttemptStarted{from_wire(message.started().data())}};
    case v1::Report::kEpoch:
      return epoch_from_wire(message.epoch());
    case v1::Report::kCheckpoint:
      return checkpoint_from_wire(message.checkpoint());
    case v1::Report::kFinished:
      return finished_from_wire(message.finished());
    case v1::Report::kFailed:
      return failed_from_wire(message.failed());
    case v1::Report::kLog:
      return log_from_wire(message.log());
    case v1::Report::BODY_NOT_SET:
      break;
  }
  return rejected("report", "has no body that this version knows");
}

}  // namespace

void to_wire(const Report& value, v1::Report* message) {
  message->set_job(digest_to_wire(value.job.digest));
  to_wire(value.attempt, message->mutable_attempt());
  std::visit(BodyToWire{message}, value.body);
}

Result<Report> from_wire(const v1::Report& message) {
  SPIN_ASSIGN(const Digest job, digest_from_wire(message.job()));
  SPIN_ASSIGN(const AttemptToken attempt, checked_token("report.attempt", message.attempt()));
  SPIN_ASSIGN(ReportBody body, body_from_wire(message));
  return Report{.job = {job}, .attempt = attempt, .body = std::move(body)};
}

}  // namespace spin::wire
