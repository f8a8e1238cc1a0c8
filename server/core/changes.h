#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
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

struct InsertSweep {
  SweepId id;
  std::shared_ptr<const SweepPlan> plan;
  std::vector<JobKey> job_keys;          ///< of plan->jobs, same order
  std::vector<bool> job_is_new;          ///< same order: insert the job, or only link it
  std::vector<JobState> job_states;      ///< one for each new job, in the order of plan->jobs
  std::vector<std::int64_t> job_memory;  ///< same: predicted peak of its training in bytes
  std::string source;                    ///< text of the sweep file
  std::vector<Override> overrides;
};
/// What people make of a sweep after its submission.
struct SetSweepState {
  SweepId id;
  int priority = 0;
  bool withdrawn =
      false;  ///< cancelled: it needs none of its jobs any more, also where another keeps them alive
  bool paused = false;
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
/// alive, it runs again.
struct InsertAttempt {
  AttemptToken token;
  JobKey job;
  std::string worker;
};
/// Replaces an earlier end: a lost or stopped attempt may still have finished.
struct EndAttempt {
  AttemptToken token;
  JobKey job;
  std::string state;  ///< finished, failed, lost, stopped, duplicate
  std::string error;
};
struct InsertEpoch {
  JobKey job;
  AttemptToken attempt;
  EpochMetrics metrics;  ///< replaces an earlier report of the same epoch of this job
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
};
struct AppendLog {
  JobKey job;
  std::vector<std::string> lines;
};
struct UpsertWorker {
  WorkerHello hello;
};
using Change =
    std::variant<InsertSweep, SetSweepState, SetJobState, SetJobPriority, InsertAttempt, EndAttempt,
                 InsertEpoch, InsertArtifact, ForgetArtifact, InsertResult, AppendLog, UpsertWorker>;

// What the store gives back when the coordinator starts.

struct StoredJob {
  JobKey key;
  JobId id;
  JobState state = JobState::waiting;  ///< running where an attempt has not ended
  std::string reason;
  int failures = 0, trainer_deaths = 0, workers_lost = 0;
  std::optional<int> priority;    ///< its own; none: that of its sweeps
  double work = 0;                ///< training_work() of server/core/work.h, for the share done
  std::int64_t memory_bytes = 0;  ///< predicted peak of its training; 0 = not known
  std::string dataset;
  std::vector<JobKey> depends_on;
  /// The running one; of a paused job the one that was stopped, if it was its last.
  std::optional<AttemptToken> attempt;
  std::string worker;  ///< of the running attempt
  std::optional<ArtifactRef> checkpoint, model, best;
  double best_top1 = 0;  ///< of `best`
};
struct StoredSweep {
  SweepId id;
  std::string name;
  std::int64_t submitted_at_ms = 0;
  std::vector<JobKey> jobs;
  int priority = 0, max_attempts = 3;
  Requirements requirements;
  bool withdrawn = false, paused = false;  ///< see SetSweepState
};
struct StoredState {
  std::int64_t boot_epoch = 0;  ///< of this start: more than that of any before
  std::vector<StoredSweep> sweeps;
  std::vector<StoredJob> jobs;
};

}  // namespace spin::core
