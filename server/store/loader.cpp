#include "server/store/loader.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/store/database_files.h"
#include "server/store/names.h"

namespace spin {
namespace {

constexpr char kSweeps[] =
    "SELECT id, name, submitted_at_ms, priority, max_attempts, seeds, requirements, cancelled, paused, "
    "planned_jobs,"
    " planned_mark, settling, settled_jobs, settling_reason, retrying, retried_jobs, deleting FROM sweep"
    " ORDER BY id";
constexpr char kLastSweep[] = "SELECT coalesce((SELECT value FROM meta WHERE key = 'last_sweep'), 0)";
constexpr char kDemands[] = "SELECT id, dataset, memory_bytes, work FROM demand";
constexpr char kLastJob[] = "SELECT coalesce(max(key), 0) FROM job";
constexpr char kJobs[] = "SELECT key, hash, demand FROM job ORDER BY key";
constexpr char kStates[] =
    "SELECT job, state, reason, failures, trainer_deaths, workers_lost, priority FROM job_state ORDER BY job";
constexpr char kOutcomes[] = "SELECT job, outcome FROM result ORDER BY job";
constexpr char kInputs[] = "SELECT job, role, source FROM job_input ORDER BY job, role, source";
constexpr char kRanges[] = "SELECT first, job, jobs FROM sweep_range WHERE sweep = ?1 ORDER BY first";
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

/// Jobs for which room is made before they come.
constexpr std::int64_t kMostExpected = 10'000'000;
constexpr std::int64_t kUsualGap = 1'000'000;  ///< between the numbers of two jobs

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
  Loader(Database& database, core::StoredSink& sink, const std::function<Status()>& check)
      : database_(database), sink_(sink), check_(check) {}

  Status load() {
    SPIN_ASSIGN(auto transaction, Transaction::begin(database_, Transaction::Kind::read));
    SPIN_ASSIGN(running_, database_.prepare(kRunning));
    SPIN_ASSIGN(last_, database_.prepare(kLast));
    SPIN_ASSIGN(ranges_, database_.prepare(kRanges));
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
    SPIN_ASSIGN(const auto last, database_.integer(kLastJob));
    const auto expected = std::clamp(last, std::int64_t{0}, kMostExpected);
    sink_.expect_jobs(expected);
    has_job_.reserve(static_cast<std::size_t>(expected) + 1);
    completed_.reserve(static_cast<std::size_t>(expected) + 1);
    SPIN_TRY(load_demands());
    SPIN_ASSIGN(auto states, rows_of(kStates));
    SPIN_ASSIGN(auto outcomes, rows_of(kOutcomes));
    SPIN_ASSIGN(auto inputs, rows_of(kInputs));
    SPIN_ASSIGN(auto artifacts, rows_of(kArtifacts));
    SPIN_ASSIGN(auto superseded, rows_of(kSuperseded));
    SPIN_ASSIGN(auto statement, database_.prepare(kJobs));
    auto rows = statement.query();
    while (rows.next()) {
      SPIN_ASSIGN(auto job, read_job(rows));
      SPIN_TRY(check_key(job.key.value));
      SPIN_TRY(inputs->of(job.key, [&](const Rows& row) { return read_input(row, job); }));
      if (std::ranges::all_of(job.inputs, [this](const auto& input) { return is_completed(input.source); }))
        job.state = JobState::ready;
      SPIN_TRY(states->of(job.key, [&](const Rows& row) { return read_state(row, job); }));
      SPIN_TRY(outcomes->of(job.key, [&](const Rows& row) { return read_outcome(row, job); }));
      SPIN_TRY(artifacts->of(job.key, [&](const Rows& row) { return read_artifact(row, job); }));
      SPIN_TRY(superseded->of(job.key, [&](const Rows& row) {
        job.superseded = AttemptToken{row.integer(1), row.integer(2)};
        return Status();
      }));
      SPIN_TRY(read_attempt(job));
      has_job_.resize(static_cast<std::size_t>(job.key.value) + 1);
      has_job_.back() = true;
      completed_.resize(has_job_.size());
      completed_.back() = job.state == JobState::completed;
      sink_.take(std::move(job));
    }
    SPIN_TRY(rows.status());
    // Rows of a job that did not come stay, and hold up all behind them.
    for (const auto* others : {&states, &outcomes, &inputs, &artifacts, &superseded})
      if (const auto job = (*others)->next()) return dangling("job", *job);
    return {};
  }

  /// Keys ascend, and between two there may be those of jobs that were deleted, which cost memory: where they
  /// would be very many, the file is checked first.
  Status check_key(std::int64_t key) const {
    const auto before = std::ssize(has_job_) - 1;
    if (key < 1 || key <= before)
      return damaged(database_.path(), "is damaged: job " + std::to_string(key) + " stands behind job " +
                                           std::to_string(before));
    return key - before > kUsualGap ? check_() : Status();
  }

  Result<std::unique_ptr<JobRows>> rows_of(const char* sql) {
    SPIN_ASSIGN(auto statement, database_.prepare(sql));
    return std::make_unique<JobRows>(std::move(statement));
  }

  Status load_demands() {
    SPIN_ASSIGN(auto statement, database_.prepare(kDemands));
    auto rows = statement.query();
    while (rows.next()) demands_[rows.integer(0)] = {rows.text(1), rows.integer(2), rows.real(3)};
    return rows.status();
  }

  Result<core::StoredJob> read_job(const Rows& rows) const {
    core::StoredJob job;
    job.key.value = rows.integer(0);
    job.id.digest = rows.digest(1);
    const auto demand = demands_.find(rows.integer(2));
    if (demand == demands_.end()) return dangling("demand", rows.integer(2));
    job.dataset = demand->second.dataset;
    job.memory_bytes = demand->second.memory_bytes;
    job.work = demand->second.work;
    return job;
  }

  static Status read_state(const Rows& rows, core::StoredJob& job) {
    if (!rows.is_null(1)) {
      SPIN_ASSIGN(job.state, enum_from_table<JobState>(rows.integer(1)));
    }
    job.reason = rows.text(2);
    job.failures = rows.small(3);
    job.trainer_deaths = rows.small(4);
    job.workers_lost = rows.small(5);
    if (!rows.is_null(6)) job.priority = rows.small(6);
    return {};
  }

  static Status read_outcome(const Rows& rows, core::StoredJob& job) {
    SPIN_ASSIGN(const auto outcome, enum_from_table<Outcome>(rows.text(1)));
    job.state = outcome == Outcome::completed ? JobState::completed : JobState::diverged;
    return {};
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
      sweep.seeds = rows.small(5);
      SPIN_ASSIGN(sweep.requirements, requirements_from_json(rows.text(6)));
      sweep.cancelled = rows.integer(7) != 0;
      sweep.paused = rows.integer(8) != 0;
      if (!rows.is_null(9)) sweep.full_plan = core::PlanDigest{rows.integer(9), rows.digest(10)};
      if (!rows.is_null(11)) {
        SPIN_ASSIGN(const auto kind, enum_from_table<core::Settlement::Kind>(rows.text(11)));
        sweep.settling = core::Settlement{kind, rows.integer(12), rows.text(13)};
      }
      if (!rows.is_null(14)) sweep.retrying = core::Retrying{rows.text(14) == "failed", rows.integer(15)};
      sweep.deleting = rows.integer(16) != 0;
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
    auto rows = ranges_.query(sweep.id.value);
    while (rows.next()) {
      if (rows.integer(0) != std::ssize(sweep.jobs)) return dangling("position", rows.integer(0) - 1);
      core::JobKey job{rows.integer(1)};
      for (const auto end = job.value + rows.integer(2); job.value < end; ++job.value) {
        if (!has(job)) return dangling("job", job.value);
        sweep.jobs.push_back(job);
      }
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
  /// Precondition: has(job).
  [[nodiscard]] bool is_completed(core::JobKey job) const {
    return completed_[static_cast<std::size_t>(job.value)];
  }
  [[nodiscard]] Error dangling(const char* what, std::int64_t number) const {
    return Error{ErrorCode::data_loss, "database " + database_.path().string() + " names " + what + " " +
                                           std::to_string(number) + ", which it does not hold"};
  }

  Database& database_;
  core::StoredSink& sink_;
  const std::function<Status()>& check_;
  std::unordered_map<std::int64_t, Demand> demands_;  ///< by number
  Statement running_, last_, ranges_, sweep_data_, early_;
  std::vector<bool> has_job_, completed_;  ///< by number
};

}  // namespace

Status load_state(Database& database, core::StoredSink& sink, const std::function<Status()>& check) {
  return Loader(database, sink, check).load();
}

}  // namespace spin
