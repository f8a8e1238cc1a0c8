#include "server/store/change_writer.h"

#include <algorithm>
#include <string>
#include <variant>

#include <nlohmann/json.hpp>

#include "schema/sql/tables.h"
#include "server/store/names.h"

namespace spin {
namespace {

constexpr char kSetJobState[] =
    "INSERT INTO job_state (job, state, reason, failures, trainer_deaths, workers_lost)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (job) DO UPDATE SET state = excluded.state,"
    " reason = excluded.reason, failures = excluded.failures, trainer_deaths = excluded.trainer_deaths,"
    " workers_lost = excluded.workers_lost";
constexpr char kForgetJobState[] = "DELETE FROM job_state WHERE job = ?1 AND priority IS NULL";
constexpr char kClearJobState[] =
    "UPDATE job_state SET state = NULL, reason = '', failures = 0, trainer_deaths = 0, workers_lost = 0"
    " WHERE job = ?1";
constexpr char kSetJobPriority[] =
    "INSERT INTO job_state (job, priority) VALUES (?1, ?2)"
    " ON CONFLICT (job) DO UPDATE SET priority = excluded.priority";
// A token that is there: the attempt was taken for lost and is alive.
constexpr char kInsertAttempt[] =
    "INSERT INTO attempt (boot_epoch, sequence, job, worker, state, started_at_ms)"
    " VALUES (?1, ?2, ?3, ?4, 'running', ?5)"
    " ON CONFLICT (boot_epoch, sequence) DO UPDATE SET worker = excluded.worker, state = 'running', error = "
    "'',"
    " ended_at_ms = NULL";
// Touches nothing where an outbox outlived the database that knew its attempt.
constexpr char kEndAttempt[] =
    "UPDATE attempt SET state = ?3, error = ?4, ended_at_ms = ?5 WHERE boot_epoch = ?1 AND sequence = ?2"
    " AND job = ?6";
constexpr char kInsertArtifact[] =
    "INSERT INTO artifact (hash, bytes, stored_at_ms) VALUES (?1, ?2, ?3) ON CONFLICT (hash) DO NOTHING";
constexpr char kSetJobArtifact[] =
    "INSERT INTO job_artifact (job, kind, artifact, epoch) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (job, kind) DO UPDATE SET artifact = excluded.artifact, epoch = excluded.epoch";
constexpr char kForgetArtifact[] = "DELETE FROM job_artifact WHERE job = ?1 AND kind = ?2";
const std::string kKeepSuperseded =
    "INSERT INTO superseded_result (job, attempt_boot_epoch, attempt_sequence, outcome, finished_at_ms, "
    "data, "
    "superseded_at_ms, last_boot_epoch, last_sequence, " +
    names_of_metrics(kSupersededTable) +
    ") SELECT job, attempt_boot_epoch, attempt_sequence, outcome, finished_at_ms, data, ?2, ?3, ?4, " +
    names_of_metrics(kSupersededTable) + " FROM result WHERE job = ?1";
constexpr char kDeleteResult[] = "DELETE FROM result WHERE job = ?1";
constexpr char kDeleteEpochs[] = "DELETE FROM epoch WHERE job = ?1";
constexpr char kNoteData[] =
    "INSERT INTO data_state (dataset, fingerprint, summary) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (dataset, fingerprint) DO UPDATE SET retired = 0";
constexpr char kRetireData[] = "UPDATE data_state SET retired = fingerprint <> ?2 WHERE dataset = ?1";
constexpr char kCountJobs[] =
    "UPDATE worker SET jobs_done = jobs_done + ?2, last_seen_ms = ?3 WHERE name = ?1";
constexpr char kLastLine[] = "SELECT coalesce(max(number), 0) FROM log_line WHERE job = ?1";
constexpr char kInsertLine[] = "INSERT INTO log_line (job, number, at_ms, text) VALUES (?1, ?2, ?3, ?4)";
constexpr char kDeleteLines[] = "DELETE FROM log_line WHERE job = ?1 AND number <= ?2";
constexpr char kUpsertWorker[] =
    "INSERT INTO worker (name, version, host, devices, slots, threads, pid, labels, first_seen_ms, "
    "last_seen_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)"
    " ON CONFLICT (name) DO UPDATE SET version = excluded.version, host = excluded.host,"
    " devices = excluded.devices, slots = excluded.slots, threads = excluded.threads, pid = excluded.pid,"
    " labels = excluded.labels, last_seen_ms = excluded.last_seen_ms";

/// Whether inputs and results say it.
bool is_in_other_tables(JobState state) {
  return state == JobState::waiting || state == JobState::ready || state == JobState::completed ||
         state == JobState::diverged;
}

/// "?6, ?7, ...", one for each metric.
std::string numbered(const MetricTable& table, int first) {
  return list_of_metrics(table, [&](const std::string&) { return "?" + std::to_string(first++); });
}
/// What was measured, in the order of the table's columns.
std::vector<std::optional<double>> columns(const MetricTable& table, const MetricValues& values) {
  std::vector<std::optional<double>> all;
  for (const auto& facts : metrics_of(table)) all.push_back(values[facts.metric]);
  return all;
}

// What is there already is replaced where ?6 is 1.
const std::string kInsertEpoch =
    "INSERT INTO epoch (job, epoch, attempt_boot_epoch, attempt_sequence, reported_at_ms, " +
    names_of_metrics(kEpochTable) + ") VALUES (?1, ?2, ?3, ?4, ?5, " + numbered(kEpochTable, 7) +
    ") ON CONFLICT (job, epoch) DO UPDATE SET attempt_boot_epoch = excluded.attempt_boot_epoch,"
    " attempt_sequence = excluded.attempt_sequence, reported_at_ms = excluded.reported_at_ms, " +
    list_of_metrics(kEpochTable, [](const std::string& name) { return name + " = excluded." + name; }) +
    " WHERE ?6";
const std::string kInsertResult =
    "INSERT INTO result (job, attempt_boot_epoch, attempt_sequence, outcome, finished_at_ms, data, " +
    names_of_metrics(kResultTable) + ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, " + numbered(kResultTable, 7) + ")";

}  // namespace

Result<ChangeWriter> ChangeWriter::make(Database& database) {
  SPIN_ASSIGN(auto sweeps, SweepWriter::make(database));
  SPIN_ASSIGN(auto deletions, DeletionWriter::make(database));
  ChangeWriter writer(database, std::move(sweeps), std::move(deletions));
  SPIN_ASSIGN(writer.set_job_state_, database.prepare(kSetJobState));
  SPIN_ASSIGN(writer.forget_job_state_, database.prepare(kForgetJobState));
  SPIN_ASSIGN(writer.clear_job_state_, database.prepare(kClearJobState));
  SPIN_ASSIGN(writer.set_job_priority_, database.prepare(kSetJobPriority));
  SPIN_ASSIGN(writer.insert_attempt_, database.prepare(kInsertAttempt));
  SPIN_ASSIGN(writer.end_attempt_, database.prepare(kEndAttempt));
  SPIN_ASSIGN(writer.insert_epoch_, database.prepare(kInsertEpoch));
  SPIN_ASSIGN(writer.insert_artifact_, database.prepare(kInsertArtifact));
  SPIN_ASSIGN(writer.set_job_artifact_, database.prepare(kSetJobArtifact));
  SPIN_ASSIGN(writer.forget_artifact_, database.prepare(kForgetArtifact));
  SPIN_ASSIGN(writer.insert_result_, database.prepare(kInsertResult));
  SPIN_ASSIGN(writer.keep_superseded_, database.prepare(kKeepSuperseded));
  SPIN_ASSIGN(writer.delete_result_, database.prepare(kDeleteResult));
  SPIN_ASSIGN(writer.delete_epochs_, database.prepare(kDeleteEpochs));
  SPIN_ASSIGN(writer.note_data_, database.prepare(kNoteData));
  SPIN_ASSIGN(writer.retire_data_, database.prepare(kRetireData));
  SPIN_ASSIGN(writer.count_jobs_, database.prepare(kCountJobs));
  SPIN_ASSIGN(writer.last_line_, database.prepare(kLastLine));
  SPIN_ASSIGN(writer.insert_line_, database.prepare(kInsertLine));
  SPIN_ASSIGN(writer.delete_lines_, database.prepare(kDeleteLines));
  SPIN_ASSIGN(writer.upsert_worker_, database.prepare(kUpsertWorker));
  return writer;
}

Status ChangeWriter::finish(std::int64_t now_ms) {
  for (const auto& [worker, jobs] : jobs_done_) SPIN_TRY(count_jobs_.run(worker, jobs, now_ms));
  jobs_done_.clear();
  return {};
}

Status ChangeWriter::forget_undone() {
  jobs_done_.clear();
  return sweeps_.forget_undone();
}

Status ChangeWriter::apply(const core::Change& change, std::int64_t now_ms) {
  return std::visit([&](const auto& kind) { return write(kind, now_ms); }, change);
}

Status ChangeWriter::write(const core::SetJobState& change, std::int64_t) {
  const auto job = change.job.value;
  const auto state = is_in_other_tables(change.state)
                         ? std::nullopt
                         : std::optional<std::int64_t>(static_cast<std::int64_t>(change.state));
  const bool has_more = state || !change.reason.empty() || change.failures != 0 ||
                        change.trainer_deaths != 0 || change.workers_lost != 0;
  if (has_more)
    return set_job_state_.run(job, state, change.reason, change.failures, change.trainer_deaths,
                              change.workers_lost);
  SPIN_TRY(forget_job_state_.run(job));
  return database_->changes() > 0 ? Status() : clear_job_state_.run(job);
}

Status ChangeWriter::write(const core::SetJobPriority& change, std::int64_t) {
  return set_job_priority_.run(change.job.value, change.priority);
}

Status ChangeWriter::write(const core::InsertAttempt& change, std::int64_t now_ms) {
  return insert_attempt_.run(change.token.boot_epoch, change.token.sequence, change.job.value, change.worker,
                             now_ms);
}

Status ChangeWriter::write(const core::EndAttempt& change, std::int64_t now_ms) {
  return end_attempt_.run(change.token.boot_epoch, change.token.sequence, change.state, change.error, now_ms,
                          change.job.value);
}

Status ChangeWriter::write(const core::InsertEpoch& change, std::int64_t now_ms) {
  return insert_epoch_.run(change.job.value, change.metrics.epoch, change.attempt.boot_epoch,
                           change.attempt.sequence, now_ms, change.only_if_missing ? 0 : 1,
                           columns(kEpochTable, change.metrics.values));
}

Status ChangeWriter::write(const core::InsertArtifact& change, std::int64_t now_ms) {
  const auto& digest = change.artifact.id.digest;
  SPIN_TRY(insert_artifact_.run(digest, change.artifact.bytes, now_ms));
  return set_job_artifact_.run(change.job.value, enum_name(change.artifact.kind), digest, change.epoch);
}

Status ChangeWriter::write(const core::ForgetArtifact& change, std::int64_t) {
  return forget_artifact_.run(change.job.value, enum_name(change.kind));
}

Status ChangeWriter::write(const core::InsertResult& change, std::int64_t now_ms) {
  auto values = change.result.values;
  values.keep(measured_of(change.result.outcome));
  if (!change.worker.empty()) ++jobs_done_[change.worker];
  return insert_result_.run(change.job.value, change.attempt.boot_epoch, change.attempt.sequence,
                            enum_name(change.result.outcome), now_ms, change.result.data.fingerprint,
                            columns(kResultTable, values));
}

Status ChangeWriter::write(const core::SupersedeResult& change, std::int64_t now_ms) {
  const auto job = change.job.value;
  SPIN_TRY(keep_superseded_.run(job, now_ms, change.last.boot_epoch, change.last.sequence));
  SPIN_TRY(delete_result_.run(job));
  return delete_epochs_.run(job);
}

Status ChangeWriter::write(const core::NoteData& change, std::int64_t) {
  return note_data_.run(change.dataset, change.state.fingerprint, change.state.summary);
}

Status ChangeWriter::write(const core::RetireData& change, std::int64_t) {
  return retire_data_.run(change.dataset, change.fingerprint);
}

Status ChangeWriter::write(const core::AppendLog& change, std::int64_t now_ms) {
  std::int64_t last = 0;
  {
    auto rows = last_line_.query(change.job.value);
    if (rows.next()) last = rows.integer(0);
    SPIN_TRY(rows.status());
  }
  const auto count = static_cast<std::int64_t>(change.lines.size());
  const auto skipped = std::max<std::int64_t>(0, count - kKeptLogLines);
  for (auto line = skipped; line < count; ++line) {
    SPIN_TRY(insert_line_.run(change.job.value, last + line + 1, now_ms,
                              change.lines[static_cast<std::size_t>(line)]));
  }
  const auto newest_dropped = last + count - kKeptLogLines;
  return newest_dropped > 0 ? delete_lines_.run(change.job.value, newest_dropped) : Status();
}

Status ChangeWriter::write(const core::UpsertWorker& change, std::int64_t now_ms) {
  const auto& hello = change.hello;
  auto devices = nlohmann::json::array();
  for (const DeviceOffer& offer : hello.devices)
    devices.push_back({{"device", offer.device}, {"memory_bytes", offer.memory_bytes}});
  return upsert_worker_.run(hello.name, hello.version, hello.host, devices.dump(), hello.slots, hello.threads,
                            hello.pid, nlohmann::json(hello.labels).dump(), now_ms);
}

}  // namespace spin
