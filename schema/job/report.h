#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schema/base/ids.h"
#include "schema/design/task.h"
#include "schema/job/metrics.h"

namespace spin {

enum class Outcome { completed, diverged };

/// One epoch that has ended.
struct EpochMetrics {
  int epoch = 0;  ///< 1-based
  MetricValues values;
  bool operator==(const EpochMetrics&) const = default;
};

/// What a finished job found.
struct JobResult {
  Outcome outcome = Outcome::completed;
  MetricValues values;
  DataState data{};  ///< what it was trained on
  bool operator==(const JobResult&) const = default;
};
/// Of MeasuredOf.
constexpr unsigned measured_of(Outcome outcome) {
  return outcome == Outcome::completed ? kCompleted : kDiverged;
}

struct ArtifactRef {
  ArtifactId id;
  ArtifactKind kind = ArtifactKind::checkpoint;
  std::int64_t bytes = 0;
  bool operator==(const ArtifactRef&) const = default;
};

/// None where the list has none of the kind.
inline std::optional<ArtifactRef> artifact_in(const std::vector<ArtifactRef>& list, ArtifactKind kind) {
  for (const ArtifactRef& artifact : list)
    if (artifact.kind == kind) return artifact;
  return std::nullopt;
}

/// Why an attempt ended without a result.
enum class FailureKind {
  job_error,     ///< the trainer said why (bad data, unsupported setting); counts against max_attempts
  trainer_died,  ///< killed or crashed; three of them quarantine the job
  input_lost,    ///< an artifact that the job needs could not be fetched; counts as job_error
  refused,       ///< the worker is stopping and gives the lease back; counts as nothing
  permanent,     ///< every attempt would fail like this one; not tried again where no other worker could
};

// What a worker reports of an attempt. Reports of one attempt are sent in order and may be repeated.
struct AttemptStarted {
  DataState data{};  ///< what it is trained on
  bool operator==(const AttemptStarted&) const = default;
};
struct EpochFinished {
  EpochMetrics metrics;
  bool operator==(const EpochFinished&) const = default;
};
/// The artifact is complete at the coordinator; a lost job resumes from it.
struct CheckpointStored {
  ArtifactRef artifact;
  int epoch = 0;
  bool operator==(const CheckpointStored&) const = default;
};
struct AttemptFinished {
  JobResult result;
  std::vector<ArtifactRef> outputs;  ///< each kind once; complete at the coordinator; none if it diverged
  bool operator==(const AttemptFinished&) const = default;
};
struct AttemptFailed {
  FailureKind kind = FailureKind::job_error;
  std::string message;
  /// What it had learnt, where that has not been reported as CheckpointStored before; complete at the
  /// coordinator.
  std::optional<ArtifactRef> checkpoint{};
  int epoch = 0;  ///< the last that the checkpoint has finished
  bool operator==(const AttemptFailed&) const = default;
};
struct LogLines {
  std::vector<std::string> lines;
  bool operator==(const LogLines&) const = default;
};
using ReportBody =
    std::variant<AttemptStarted, EpochFinished, CheckpointStored, AttemptFinished, AttemptFailed, LogLines>;

struct Report {
  JobId job;
  AttemptToken attempt;
  ReportBody body;
  bool operator==(const Report&) const = default;
};

/// Step-level progress of a running attempt. Never stored; the latest replaces the one before.
struct Progress {
  AttemptToken attempt;
  int epoch = 0;  ///< 1-based
  int epochs = 0;
  std::int64_t step = 0;  ///< in the whole run, 1-based
  std::int64_t steps = 0;
  double loss = 0;
  double images_per_second = 0;
  bool operator==(const Progress&) const = default;
};

/// What a job reads of what other jobs, or its own earlier attempts, have left.
struct InputArtifact {
  InputRole role = InputRole::resume;
  ArtifactRef artifact;
  bool operator==(const InputArtifact&) const = default;
};
struct LeasedJob {
  AttemptToken attempt;
  JobId job;
  std::string name;    ///< for people
  std::string config;  ///< canonical JSON of its task
  std::string root;    ///< folder of the data set; empty = where its name's data usually lie
  std::vector<InputArtifact> inputs{};
  bool operator==(const LeasedJob&) const = default;
};
/// Jobs that a worker runs together: one today, because no trainer takes more.
struct Lease {
  std::vector<LeasedJob> jobs;
  std::vector<std::string> devices{};  ///< that they run on, of those that the worker offers; one today
  bool operator==(const Lease&) const = default;
};

/// A device that a worker offers.
struct DeviceOffer {
  std::string device;             ///< "cpu" or "cuda:0"
  std::int64_t memory_bytes = 0;  ///< for all its slots together; 0 = not known
  bool operator==(const DeviceOffer&) const = default;
};
/// An attempt that a worker still runs, or whose result waits in its outbox.
struct HeldAttempt {
  AttemptToken attempt;
  std::vector<std::string> devices{};  ///< that it occupies; none once only what it found waits or travels
  bool operator==(const HeldAttempt&) const = default;
};

/// What a worker says of itself when it attaches.
struct WorkerHello {
  std::string name;     ///< unique among live workers
  std::string version;  ///< of spin; another than the coordinator's is refused
  std::string host;
  std::vector<DeviceOffer> devices;  ///< one at least, each once
  int slots = 1;                     ///< jobs at a time on each device
  int threads = 1;                   ///< per slot
  std::int64_t pid = 0;
  std::vector<HeldAttempt> held;
  std::vector<std::string> labels{};  ///< what jobs may ask for; sorted, each once
  /// Drawn when the process started: host and pid may be those of another container.
  std::string instance{};
  bool operator==(const WorkerHello&) const = default;
};

}  // namespace spin
