#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/core/coordinator.h"

namespace spin::core {

/// The store as the core sees it, in memory: takes the changes under the rules of the database (one result a
/// job, one row an attempt, no row without the one it refers to) and gives back the state after a restart. A
/// broken rule is a test failure.
class ModelStore {
 public:
  struct AttemptRow {
    JobKey job;
    std::string worker;
    std::string state = "running";
    std::string error;
  };
  struct JobRow {
    StoredJob job;
    std::map<int, EpochMetrics> epochs;
    std::vector<std::string> log;
    std::optional<JobResult> result;
    AttemptToken result_of;
    std::vector<JobResult> superseded;
  };

  void apply(const std::vector<Change>& changes);
  /// One by one, with check() when those of a step are through.
  void apply_one(const Change& change);
  void check() const;
  /// A coordinator that starts now; every call is a boot.
  std::unique_ptr<Coordinator> boot(const CoordinatorSettings& settings, Now now);
  /// An older copy takes the place of this store; boots are never counted back.
  void put_back(const ModelStore& backup);

  [[nodiscard]] const std::map<JobKey, JobRow>& jobs() const { return jobs_; }
  [[nodiscard]] const std::map<AttemptToken, AttemptRow>& attempts() const { return attempts_; }
  [[nodiscard]] const std::map<SweepId, StoredSweep>& sweeps() const { return sweeps_; }
  [[nodiscard]] const JobRow& job(JobKey key) const { return jobs_.at(key); }
  [[nodiscard]] const JobRow* find(const JobId& id) const;
  [[nodiscard]] JobKey key_of(const std::string& label) const;
  /// Attempts that the job may fail: the most that one of its sweeps allows.
  [[nodiscard]] int max_attempts(JobKey key) const;
  /// States of all attempts of a job, in the order of their age: "lost finished".
  [[nodiscard]] std::string history(JobKey key) const;

 private:
  void write(const InsertSweep& change);
  void write(const ExtendSweep& change);
  void write(const SetSweepData& change);
  void write(const SetSweepState& change);
  void write(const ReachEarly& change);
  void write(const ForgetEarly& change);
  void write(const DeleteJobs& change);
  void write(const DeleteSweep& change);
  void write(const SetJobState& change);
  void write(const SetJobPriority& change);
  void write(const InsertAttempt& change);
  void write(const EndAttempt& change);
  void write(const InsertEpoch& change);
  void write(const InsertArtifact& change);
  void write(const ForgetArtifact& change);
  void write(const InsertResult& change);
  void write(const SupersedeResult& change);
  void write(const NoteData& change);
  void write(const RetireData& change);
  void write(const AppendLog& change);
  void write(const UpsertWorker& change);
  std::vector<JobKey>& early_of(SweepId sweep, Pass pass);
  void take_jobs(StoredSweep& sweep, const PlanPart& part, const TakenJobs& taken);
  /// What the store says of a job of which it was told no more.
  [[nodiscard]] JobState state_by_inputs(const StoredJob& job) const;
  void insert_job(const PlanPart& part, const TakenJobs& taken, std::size_t index);

  std::int64_t boot_epoch_ = 0;
  std::map<SweepId, StoredSweep> sweeps_;
  std::vector<StoredData> data_;
  std::map<JobKey, JobRow> jobs_;
  std::map<JobId, JobKey> keys_;
  SweepId last_sweep_;
  std::map<AttemptToken, AttemptRow> attempts_;
  std::set<std::string> workers_;
};

}  // namespace spin::core
