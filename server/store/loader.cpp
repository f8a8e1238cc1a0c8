#include "server/store/loader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/store/names.h"

namespace spin {
namespace {

constexpr char kCountJobs[] = "SELECT count(*) FROM job";
constexpr char kSweeps[] =
    "SELECT id, name, submitted_at_ms, priority, max_attempts, requirements, withdrawn, paused FROM sweep"
    " ORDER BY id";
constexpr char kJobs[] =
    "SELECT key, hash, state, reason, failures, trainer_deaths, workers_lost, work, priority,"
    " memory_bytes, dataset FROM job ORDER BY key";
constexpr char kDependencies[] = "SELECT job, depends_on FROM job_dependency ORDER BY job, depends_on";
constexpr char kSweepJobs[] = "SELECT sweep, job FROM sweep_job ORDER BY sweep, position";
constexpr char kRunning[] =
    "SELECT a.job, a.boot_epoch, a.sequence, a.worker FROM job j JOIN attempt a ON a.job = j.key"
    " WHERE j.state = 'running' AND a.ended_at_ms IS NULL ORDER BY a.job, a.boot_epoch, a.sequence";
// The last attempt of a paused job, where it was stopped: it may still be saving its checkpoint.
constexpr char kStopped[] =
    "SELECT a.job, a.boot_epoch, a.sequence FROM job j JOIN attempt a ON a.job = j.key"
    " WHERE j.state = 'paused' AND a.state IN ('stopped', 'lost') AND NOT EXISTS (SELECT 1 FROM attempt "
    "later WHERE "
    "later.job = "
    "a.job"
    " AND (later.boot_epoch, later.sequence) > (a.boot_epoch, a.sequence)) ORDER BY a.job";
constexpr char kArtifacts[] =
    "SELECT ja.job, ja.kind, ja.artifact, a.bytes, e.top1 FROM job_artifact ja JOIN artifact a ON a.hash = "
    "ja.artifact LEFT JOIN epoch e ON ja.kind = 'best' AND e.job = ja.job AND e.epoch = ja.epoch"
    " ORDER BY ja.job, ja.kind";

std::optional<ArtifactRef>& place_of(core::StoredJob& job, ArtifactKind kind) {
  if (kind == ArtifactKind::checkpoint) return job.checkpoint;
  return kind == ArtifactKind::model ? job.model : job.best;
}

class Loader {
 public:
  explicit Loader(Database& database) : database_(database) {}

  Result<core::StoredState> load() {
    SPIN_ASSIGN(auto transaction, Transaction::begin(database_, Transaction::Kind::read));
    SPIN_TRY(load_sweeps());
    SPIN_TRY(load_jobs());
    SPIN_TRY(load_dependencies());
    SPIN_TRY(load_sweep_jobs());
    SPIN_TRY(load_running());
    SPIN_TRY(load_stopped());
    SPIN_TRY(load_artifacts());
    SPIN_TRY(transaction.commit());
    return std::move(state_);
  }

 private:
  Status load_sweeps() {
    SPIN_ASSIGN(auto statement, database_.prepare(kSweeps));
    auto rows = statement.query();
    while (rows.next()) {
      SPIN_ASSIGN(auto requirements, requirements_from_json(rows.text(5)));
      state_.sweeps.push_back({.id = SweepId{rows.integer(0)},
                               .name = rows.text(1),
                               .submitted_at_ms = rows.integer(2),
                               .jobs = {},
                               .priority = rows.small(3),
                               .max_attempts = rows.small(4),
                               .requirements = std::move(requirements),
                               .withdrawn = rows.integer(6) != 0,
                               .paused = rows.integer(7) != 0});
    }
    return rows.status();
  }

  Status load_jobs() {
    SPIN_ASSIGN(const auto count, database_.integer(kCountJobs));
    state_.jobs.reserve(static_cast<std::size_t>(count));
    SPIN_ASSIGN(auto statement, database_.prepare(kJobs));
    auto rows = statement.query();
    while (rows.next()) {
      core::StoredJob job;
      job.key.value = rows.integer(0);
      job.id.digest = rows.digest(1);
      SPIN_ASSIGN(job.state, job_state_from(rows.text(2)));
      job.reason = rows.text(3);
      job.failures = rows.small(4);
      job.trainer_deaths = rows.small(5);
      job.workers_lost = rows.small(6);
      job.work = rows.real(7);
      if (!rows.is_null(8)) job.priority = rows.small(8);
      job.memory_bytes = rows.integer(9);
      job.dataset = rows.text(10);
      state_.jobs.push_back(std::move(job));
    }
    return rows.status();
  }

  Status load_dependencies() {
    SPIN_ASSIGN(auto statement, database_.prepare(kDependencies));
    auto rows = statement.query();
    while (rows.next()) {
      SPIN_ASSIGN(auto* job, job_of(rows.integer(0)));
      job->depends_on.push_back({rows.integer(1)});
    }
    return rows.status();
  }

  Status load_sweep_jobs() {
    SPIN_ASSIGN(auto statement, database_.prepare(kSweepJobs));
    auto rows = statement.query();
    std::size_t sweep = 0;
    while (rows.next()) {
      while (sweep < state_.sweeps.size() && state_.sweeps[sweep].id.value < rows.integer(0)) ++sweep;
      if (sweep == state_.sweeps.size()) return dangling("sweep", rows.integer(0));
      SPIN_ASSIGN(auto* job, job_of(rows.integer(1)));
      state_.sweeps[sweep].jobs.push_back(job->key);
    }
    return rows.status();
  }

  Status load_running() {
    SPIN_ASSIGN(auto statement, database_.prepare(kRunning));
    auto rows = statement.query();
    while (rows.next()) {
      SPIN_ASSIGN(auto* job, job_of(rows.integer(0)));
      job->attempt = AttemptToken{rows.integer(1), rows.integer(2)};
      job->worker = rows.text(3);
    }
    return rows.status();
  }

  Status load_stopped() {
    SPIN_ASSIGN(auto statement, database_.prepare(kStopped));
    auto rows = statement.query();
    while (rows.next()) {
      SPIN_ASSIGN(auto* job, job_of(rows.integer(0)));
      job->attempt = AttemptToken{rows.integer(1), rows.integer(2)};
    }
    return rows.status();
  }

  Status load_artifacts() {
    SPIN_ASSIGN(auto statement, database_.prepare(kArtifacts));
    auto rows = statement.query();
    while (rows.next()) {
      SPIN_ASSIGN(auto* job, job_of(rows.integer(0)));
      SPIN_ASSIGN(const auto kind, artifact_kind_from(rows.text(1)));
      const ArtifactRef artifact{ArtifactId{rows.digest(2)}, kind, rows.integer(3)};
      place_of(*job, kind) = artifact;
      if (kind == ArtifactKind::best && !rows.is_null(4)) job->best_top1 = rows.real(4);
    }
    return rows.status();
  }

  /// The jobs are in the order of their keys.
  Result<core::StoredJob*> job_of(std::int64_t key) {
    const auto job = std::lower_bound(
        state_.jobs.begin(), state_.jobs.end(), key,
        [](const core::StoredJob& left, std::int64_t right) { return left.key.value < right; });
    if (job == state_.jobs.end() || job->key.value != key) return dangling("job", key);
    return &*job;
  }

  [[nodiscard]] Error dangling(const char* what, std::int64_t number) const {
    return Error{ErrorCode::data_loss, "database " + database_.path().string() + " names " + what + " " +
                                           std::to_string(number) + ", which it does not hold"};
  }

  Database& database_;
  core::StoredState state_;
};

}  // namespace

Result<core::StoredState> load_state(Database& database) { return Loader(database).load(); }

}  // namespace spin
