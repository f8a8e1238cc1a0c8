#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <variant>
#include <vector>

#include "schema/job/report.h"
#include "schema/job/views.h"
#include "schema/sweep/plan.h"

// What the core wants to be stored. The core applies a change to its own state at once; whatever tells
// anybody of it (messages, acknowledgements) waits until the change is committed. A commit that fails ends
// the process.

namespace spin::core {

/// Row numbers of jobs; a job keeps its number for ever.
using JobKey = detail::NumberId<struct JobKeyTag>;

/// Which jobs of a plan that are done are to be trained anew.
struct RetrainJobs {
  bool all = false;
  std::unordered_set<JobId> jobs;
  [[nodiscard]] bool has(const JobId& job) const { return all || jobs.contains(job); }
};

/// Tells plans apart: how many jobs they have, and the identities of all combined by exclusive or, so that
/// their order does not matter.
struct PlanDigest {
  std::int64_t jobs = 0;
  Digest combined;

  void add(const JobId& id) {
    ++jobs;
    for (std::size_t i = 0; i < combined.bytes.size(); ++i) combined.bytes[i] ^= id.digest.bytes[i];
  }
  void remove(const JobId& id) {
    add(id);
    jobs -= 2;
  }
  bool operator==(const PlanDigest&) const = default;
};

/// That a job reads what another leaves.
struct StoredInput {
  InputRole role = InputRole::init;
  JobKey source;
  bool operator==(const StoredInput&) const = default;
};
/// What the jobs of a part became.
struct TakenJobs {
  std::vector<JobKey> keys;                            ///< of part.jobs, same order
  std::vector<bool> is_new;                            ///< same order: insert the job, or only link it
  std::vector<std::pair<JobKey, StoredInput>> inputs;  ///< of the new jobs: (job, what it reads)
};
struct InsertSweep {
  SweepId id;
  std::shared_ptr<const FirstPart> plan;
  TakenJobs jobs;      ///< of `plan`
  std::string source;  ///< text of the sweep file
  std::vector<Override> overrides;
  std::optional<PlanDigest> full_plan;  ///< of the whole plan, where `plan` is but its first part
};
/// The next part of a sweep that is stored in parts.
struct ExtendSweep {
  SweepId id;
  std::shared_ptr<const PlanPart> part;
  TakenJobs jobs;
};
/// The same sweep was handed in again, and its data lie elsewhere.
struct SetSweepData {
  SweepId id;
  std::vector<DataPlace> data;
};
/// What people asked of a sweep and what has not reached all of its jobs; at the sweep itself it holds.
struct Settlement {
  enum class Kind { pause, resume, cancel };
  Kind kind = Kind::pause;
  std::int64_t next = 0;  ///< first of the sweep's jobs, in the order of its plan, that it has not reached
  std::string reason{};   ///< of a cancel, for the jobs that it ends
  bool operator==(const Settlement&) const = default;
};
struct Retrying {
  bool failed_only = false;
  std::int64_t next = 0;  ///< as in Settlement
  bool operator==(const Retrying&) const = default;
};
/// The two ways through the jobs of a sweep: of its Settlement, and of its Retrying.
enum class Pass { settling, retrying };
/// A job behind `next` has been reached, because somebody acted on it alone; its turn passes it over.
struct ReachEarly {
  SweepId sweep;
  Pass pass = Pass::settling;
  JobKey job;
};
/// The pass is through or begins anew: of no job of the sweep it is true any more.
struct ForgetEarly {
  SweepId sweep;
  Pass pass = Pass::settling;
};
/// What people make of a sweep after its submission.
struct SetSweepState {
  SweepId id;
  int priority = 0;
  bool cancelled =
      false;  ///< cancelled: it needs none of its jobs any more, also where another keeps them alive
  bool paused = false;
  bool is_incomplete = false;  ///< jobs of its plan are missing
  std::optional<Settlement> settling{};
  std::optional<Retrying> retrying{};
  bool deleting = false;  ///< nobody is shown it any more
};
/// The last jobs of a sweep leave it.
struct DeleteJobs {
  SweepId sweep;
  std::int64_t left = 0;  ///< jobs that it still has
  std::vector<JobKey>
      jobs;  ///< of those that left: which no sweep has any more; each after all that depend on it
};
/// Of a sweep without jobs. Its id is never given again.
struct DeleteSweep {
  SweepId id;
};
struct SetJobPriority {
  JobKey job;
  int priority = 0;  ///< its own, whatever its sweeps have
};
struct SetJobState {
  JobKey job;
  JobState state = JobState::waiting;
  std::string reason;
  int failures = 0;  ///< attempts that ended in an error
  int trainer_deaths = 0;
  int workers_lost = 0;
};
/// An attempt begins. With a token that is there already: the attempt was ended as lost and turns out to be
/// alive, or a pause has stopped it and a resume came before its worker was done with it; it runs again.
struct InsertAttempt {
  AttemptToken token;
  JobKey job;
  std::string worker;
};
/// Replaces an earlier end: a lost or stopped attempt may still have finished.
struct EndAttempt {
  AttemptToken token;
  JobKey job;
  std::string state;  ///< finished, failed, lost, stopped
  std::string error;
};
struct InsertEpoch {
  JobKey job;
  AttemptToken attempt;
  EpochMetrics metrics;
  /// Of an attempt that others have overtaken: what is stored of this epoch of the job stays. Else it is
  /// replaced.
  bool only_if_missing = false;
};
struct InsertArtifact {
  JobKey job;
  ArtifactRef artifact;
  int epoch = 0;  ///< of a checkpoint; a job keeps its newest of each kind only
};
/// The job needs its artifact of this kind no more, or it cannot be had any more.
struct ForgetArtifact {
  JobKey job;
  ArtifactKind kind = ArtifactKind::checkpoint;
};
struct InsertResult {
  JobKey job;
  AttemptToken attempt;
  JobResult result;
  std::string worker{};  ///< which has brought it; empty where that is not known
};
/// The job is trained anew: what it has found is kept apart, its epochs go.
struct SupersedeResult {
  JobKey job;
  AttemptToken last;  ///< no attempt up to this one brings the next result
};
/// Jobs were trained on this state of the data set; from now on it counts.
struct NoteData {
  std::string dataset;
  DataState state;
};
/// All other states of the data set count no more for what is said of new jobs.
struct RetireData {
  std::string dataset;
  std::string fingerprint;
};
struct AppendLog {
  JobKey job;
  std::vector<std::string> lines;
};
struct UpsertWorker {
  WorkerHello hello;
};
using Change = std::variant<InsertSweep, ExtendSweep, SetSweepData, SetSweepState, ReachEarly, ForgetEarly,
                            DeleteJobs, DeleteSweep, SetJobState, SetJobPriority, InsertAttempt, EndAttempt,
                            InsertEpoch, InsertArtifact, ForgetArtifact, InsertResult, SupersedeResult,
                            NoteData, RetireData, AppendLog, UpsertWorker>;

// What the store gives back when the coordinator starts.

struct StoredJob {
  JobKey key;
  JobId id;
  JobState state = JobState::waiting;  ///< running where an attempt has not ended
  std::string reason;
  int failures = 0, trainer_deaths = 0, workers_lost = 0;
  std::optional<int> priority;    ///< its own; none: that of its sweeps
  double work = 0;                ///< work_of() it, for the share done
  std::int64_t memory_bytes = 0;  ///< predicted peak of its training; 0 = not known
  std::string dataset;            ///< title_of() it
  std::vector<StoredInput> inputs;
  /// The running one; of a paused job the one that was stopped, if it was its last.
  std::optional<AttemptToken> attempt;
  std::string worker;                        ///< of the running attempt
  std::optional<AttemptToken> superseded{};  ///< see SupersedeResult; the newest
  std::vector<ArtifactRef> artifacts{};      ///< each kind once
  double best_top1 = 0;                      ///< of `best`
};
struct StoredData {
  std::string dataset;
  DataState state;
  bool retired = false;  ///< see RetireData
};
struct StoredSweep {
  SweepId id;
  std::string name;
  std::int64_t submitted_at_ms = 0;
  std::vector<JobKey> jobs;
  std::vector<DataPlace> data{};
  int priority = 0, max_attempts = 3;
  int seeds = 1;  ///< jobs of each cell
  Requirements requirements;
  bool cancelled = false, paused = false;  ///< see SetSweepState
  std::optional<PlanDigest> full_plan;     ///< see InsertSweep
  std::optional<Settlement> settling{};
  std::optional<Retrying> retrying{};
  std::vector<JobKey> settled_early{}, retried_early{};  ///< see ReachEarly
  bool deleting = false;
};
/// Takes what the store holds, one by one: all jobs in the order of their numbers, then all sweeps, then the
/// states of data sets.
class StoredSink {
 public:
  virtual ~StoredSink() = default;
  /// Before all others: how many jobs will come, or a few more.
  virtual void expect_jobs(std::int64_t jobs) = 0;
  virtual void take(StoredJob job) = 0;
  virtual void take(StoredSweep sweep) = 0;
  virtual void take(StoredData data) = 0;
  /// Sweeps up to this one have been, though it may be deleted: the next one is numbered behind it.
  virtual void number_sweeps_behind(SweepId last) = 0;
};

}  // namespace spin::core
