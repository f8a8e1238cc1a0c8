#include "server/store/loader.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/store/names.h"

namespace spin {
namespace {

constexpr char kSweeps[] =
    "SELECT id, name, submitted_at_ms, priority, max_attempts, requirements, cancelled, paused, planned_jobs,"
    " planned_mark, settling, settled_jobs, settling_reason, retrying, retried_jobs, deleting FROM sweep"
    " ORDER BY id";
constexpr char kLastSweep[] = "SELECT coalesce((SELECT value FROM meta WHERE key = 'last_sweep'), 0)";
constexpr char kJobs[] =
    "SELECT key, hash, state, reason, failures, trainer_deaths, workers_lost, work, priority,"
    " memory_bytes, dataset FROM job ORDER BY key";
constexpr char kInputs[] = "SELECT job, role, source FROM job_input ORDER BY job, role, source";
constexpr char kSweepJobs[] = "SELECT job FROM sweep_job WHERE sweep = ?1 ORDER BY position";
constexpr char kSweepData[] = "SELECT dataset, root FROM sweep_data WHERE sweep = ?1 ORDER BY dataset";
constexpr char kEarly[] = "SELECT pass, job FROM reached_early WHERE sweep = ?1 ORDER BY pass, job";
constexpr char kRunning[] =
    "SELECT boot_epoch, sequence, worker FROM attempt WHERE job = ?1 AND ended_at_ms IS NULL"
    " ORDER BY boot_epoch DESC, sequence DESC LIMIT 1";
constexpr char kLast[] =
    "SELECT boot_epoch, sequence, state FROM attempt WHERE job = ?1"
    " ORDER BY boot_epoch DESC, sequence DESC LIMIT 1";
constexpr char kArtifacts[] =
    "SELECT ja.job, ja.kind, ja.artifact, a.bytes, e.top1 FROM job_artifact ja JOIN artifact a ON a.hash = "
    "ja.artifact LEFT JOIN epoch e ON ja.kind = 'best' AND e.job = ja.job AND e.epoch = ja.epoch"
    " ORDER BY ja.job, ja.kind";

constexpr char kSuperseded[] =
    "SELECT job, last_boot_epoch, last_sequence FROM superseded_result"
    " ORDER BY job, last_boot_epoch, last_sequence";
constexpr char kDataStates[] =
    "SELECT dataset, fingerprint, summary, retired FROM data_state ORDER BY dataset, fingerprint";

/// Rows about jobs in the order of their numbers, the job first.
class JobRows {
 public:
  explicit JobRows(Statement statement)
      : statement_(std::move(statement)), rows_(statement_.query()), has_row_(rows_.next()) {}

  /// Every row of the job through `take`. Jobs come in the order of their numbers.
  template <class Take>
  Status of(core::JobKey job, const Take& take) {
    for (; has_row_ && rows_.integer(0) == job.value; has_row_ = rows_.next()) SPIN_TRY(take(rows_));
    return rows_.status();
  }
  /// The job of the next row.
  [[nodiscard]] std::optional<std::int64_t> next() const {
    return has_row_ ? std::optional(rows_.integer(0)) : std::nullopt;
  }

 private:
  Statement statement_;
  Rows rows_;
  bool has_row_;
};

class Loader {
 public:
  Loader(Database& database, core::StoredSink& sink) : database_(database), sink_(sink) {}

  Status load() {
    SPIN_ASSIGN(auto transaction, Transaction::begin(database_, Transaction::Kind::read));
    SPIN_ASSIGN(running_, database_.prepare(kRunning));
    SPIN_ASSIGN(last_, database_.prepare(kLast));
    SPIN_ASSIGN(sweep_jobs_, database_.prepare(kSweepJobs));
    SPIN_ASSIGN(early_, database_.prepare(kEarly));
    SPIN_ASSIGN(sweep_data_, database_.prepare(kSweepData));
    SPIN_TRY(load_jobs());
    SPIN_TRY(load_sweeps());
    SPIN_TRY(load_data());
    SPIN_ASSIGN(const auto last_sweep, database_.integer(kLastSweep));
    sink_.number_sweeps_behind(SweepId{last_sweep});
    return transaction.commit();
  }

 private:
  Status load_jobs() {
    SPIN_ASSIGN(auto input_rows, database_.prepare(kInputs));
    SPIN_ASSIGN(auto artifact_rows, database_.prepare(kArtifacts));
    JobRows inputs(std::move(input_rows));
    JobRows artifacts(std::move(artifact_rows));
    SPIN_ASSIGN(auto superseded_rows, database_.prepare(kSuperseded));
    JobRows superseded(std::move(superseded_rows));
    SPIN_ASSIGN(auto statement, database_.prepare(kJobs));
    auto rows = statement.query();
    while (rows.next()) {
      SPIN_ASSIGN(auto job, read_job(rows));
      SPIN_TRY(inputs.of(job.key, [&](const Rows& row) { return read_input(row, job); }));
      SPIN_TRY(artifacts.of(job.key, [&](const Rows& row) { return read_artifact(row, job); }));
      SPIN_TRY(superseded.of(job.key, [&](const Rows& row) {
        job.superseded = AttemptToken{row.integer(1), row.integer(2)};
        return Status();
      }));
      SPIN_TRY(read_attempt(job));
      has_job_.resize(static_cast<std::size_t>(job.key.value) + 1);
      has_job_.back() = true;
      sink_.take(std::move(job));
    }
    SPIN_TRY(rows.status());
    // Rows of a job that did not come stay, and hold up all behind them.
    for (const auto* others : {&inputs, &artifacts, &superseded})
      if (const auto job = others->next()) return dangling("job", *job);
    return {};
  }

  static Result<core::StoredJob> read_job(const Rows& rows) {
    core::StoredJob job;
    job.key.value = rows.integer(0);
    job.id.digest = rows.digest(1);
    SPIN_ASSIGN(job.state, enum_from_table<JobState>(rows.text(2)));
    job.reason = rows.text(3);
    job.failures = rows.small(4);
    job.trainer_deaths = rows.small(5);
    job.workers_lost = rows.small(6);
    job.work = rows.real(7);
    if (!rows.is_null(8)) job.priority = rows.small(8);
    job.memory_bytes = rows.integer(9);
    job.dataset = rows.text(10);
    return job;
  }

  Status read_input(const Rows& rows, core::StoredJob& job) const {
    SPIN_ASSIGN(const auto role, enum_from_table<InputRole>(rows.text(1)));
    const core::JobKey source{rows.integer(2)};
    if (!has(source)) return dangling("job", source.value);
    job.inputs.push_back({role, source});
    return {};
  }

  static Status read_artifact(const Rows& rows, core::StoredJob& job) {
    SPIN_ASSIGN(const auto kind, enum_from_table<ArtifactKind>(rows.text(1)));
    job.artifacts.push_back({ArtifactId{rows.digest(2)}, kind, rows.integer(3)});
    if (kind == ArtifactKind::best && !rows.is_null(4)) job.best_top1 = rows.real(4);
    return {};
  }

  /// Of a job that runs the attempt that does; of a paused one the last, where it was stopped: it may still
  /// be saving its checkpoint.
  Status read_attempt(core::StoredJob& job) {
    const bool runs = job.state == JobState::running;
    if (!runs && job.state != JobState::paused) return {};
    auto rows = (runs ? running_ : last_).query(job.key.value);
    if (!rows.next()) return rows.status();
    const auto text = rows.text(2);
    if (!runs && text != "stopped" && text != "lost") return {};
    job.attempt = AttemptToken{rows.integer(0), rows.integer(1)};
    if (runs) job.worker = text;
    return {};
  }

  Status load_data() {
    SPIN_ASSIGN(auto statement, database_.prepare(kDataStates));
    auto rows = statement.query();
    while (rows.next())
      sink_.take(core::StoredData{rows.text(0), {rows.text(1), rows.text(2)}, rows.integer(3) != 0});
    return rows.status();
  }

  Status load_sweeps() {
    SPIN_ASSIGN(auto statement, database_.prepare(kSweeps));
    auto rows = statement.query();
    while (rows.next()) {
      core::StoredSweep sweep;
      sweep.id = SweepId{rows.integer(0)};
      sweep.name = rows.text(1);
      sweep.submitted_at_ms = rows.integer(2);
      sweep.priority = rows.small(3);
      sweep.max_attempts = rows.small(4);
      SPIN_ASSIGN(sweep.requirements, requirements_from_json(rows.text(5)));
      sweep.cancelled = rows.integer(6) != 0;
      sweep.paused = rows.integer(7) != 0;
      if (!rows.is_null(8)) sweep.full_plan = core::PlanDigest{rows.integer(8), rows.digest(9)};
      if (!rows.is_null(10)) {
        SPIN_ASSIGN(const auto kind, enum_from_table<core::Settlement::Kind>(rows.text(10)));
        sweep.settling = core::Settlement{kind, rows.integer(11), rows.text(12)};
      }
      if (!rows.is_null(13)) sweep.retrying = core::Retrying{rows.text(13) == "failed", rows.integer(14)};
      sweep.deleting = rows.integer(15) != 0;
      SPIN_TRY(read_data_of(sweep));
      SPIN_TRY(read_jobs_of(sweep));
      SPIN_TRY(read_early_of(sweep));
      sink_.take(std::move(sweep));
    }
    return rows.status();
  }

  Status read_data_of(core::StoredSweep& sweep) {
    auto rows = sweep_data_.query(sweep.id.value);
    while (rows.next()) sweep.data.push_back({rows.text(0), rows.text(1)});
    return rows.status();
  }

  Status read_jobs_of(core::StoredSweep& sweep) {
    auto rows = sweep_jobs_.query(sweep.id.value);
    while (rows.next()) {
      const core::JobKey job{rows.integer(0)};
      if (!has(job)) return dangling("job", job.value);
      sweep.jobs.push_back(job);
    }
    return rows.status();
  }

  Status read_early_of(core::StoredSweep& sweep) {
    auto rows = early_.query(sweep.id.value);
    while (rows.next()) {
      SPIN_ASSIGN(const auto pass, enum_from_table<core::Pass>(rows.text(0)));
      const core::JobKey job{rows.integer(1)};
      if (!has(job)) return dangling("job", job.value);
      (pass == core::Pass::settling ? sweep.settled_early : sweep.retried_early).push_back(job);
    }
    return rows.status();
  }

  /// Among those that came until now: dependencies have lower numbers than what needs them.
  [[nodiscard]] bool has(core::JobKey job) const {
    return job.value > 0 && static_cast<std::size_t>(job.value) < has_job_.size() &&
           has_job_[static_cast<std::size_t>(job.value)];
  }
  [[nodiscard]] Error dangling(const char* what, std::int64_t number) const {
    return Error{ErrorCode::data_loss, "database " + database_.path().string() + " names " + what + " " +
                                           std::to_string(number) + ", which it does not hold"};
  }

  Database& database_;
  core::StoredSink& sink_;
  Statement running_, last_, sweep_jobs_, sweep_data_, early_;
  std::vector<bool> has_job_;  ///< by number
};

}  // namespace

Status load_state(Database& database, core::StoredSink& sink) { return Loader(database, sink).load(); }

}  // namespace spin
