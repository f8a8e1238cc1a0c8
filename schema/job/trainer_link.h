#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "schema/base/result.h"
#include "schema/job/report.h"

namespace spin {

// The link between spin-worker and spin-train: JSON lines, commands in on standard input, events out on
// standard output. Standard error carries log lines for people.

/// What a host that vanishes may cost, unless someone says otherwise.
inline constexpr int kCheckpointSeconds = 300;

/// Files by the role in which a task reads them, or by the kind of artifact that they are.
using InputFiles = std::multimap<InputRole, std::string>;
using OutputFiles = std::map<ArtifactKind, std::string>;
/// The first; empty where there is none.
template <class Files>
std::string path_of(const Files& files, typename Files::key_type key) {
  const auto found = files.find(key);
  return found == files.end() ? std::string() : found->second;
}

/// Do this job.
struct RunCommand {
  std::string config;   ///< canonical JSON of its task
  std::string root;     ///< folder of the data set that the job names; empty = where it usually lies
  std::string data;     ///< folder that was named on this host, and comes first; empty = none
  InputFiles inputs;    ///< what there is
  OutputFiles outputs;  ///< where to write; what has no place is never written
  /// Seconds of training from one checkpoint to the next, within an epoch too; 0 = one at the end of every
  /// epoch. None at the end of the last epoch, where the result is next.
  int checkpoint_seconds = kCheckpointSeconds;
  bool operator==(const RunCommand&) const = default;
};
/// Stop the running job after the step in hand; answered by `stopped`. Without a running job, ignored.
/// SIGTERM, SIGHUP and SIGINT do the same, with save, and end the process then.
struct StopCommand {
  bool save = true;  ///< write a checkpoint of that step first, where the job writes checkpoints
  bool operator==(const StopCommand&) const = default;
};
using TrainerCommand = std::variant<RunCommand, StopCommand>;

/// Sent once at start: the trainer is warm.
struct ReadyEvent {
  std::string version;  ///< of spin
  std::string libtorch;
  std::string blas;
  std::string device;
  int threads = 0;
  bool operator==(const ReadyEvent&) const = default;
};
struct StartedEvent {
  std::int64_t params = 0;
  std::int64_t flops = 0;
  int first_epoch = 1;  ///< above 1 where it resumed
  DataState data{};
  bool operator==(const StartedEvent&) const = default;
};
/// Progress without the attempt, which the trainer does not know; at most four a second.
struct ProgressEvent {
  Progress progress;
  bool operator==(const ProgressEvent&) const = default;
};
struct EpochEvent {
  EpochMetrics metrics;
  bool operator==(const EpochEvent&) const = default;
};
/// The checkpoint file is complete and on disk.
struct CheckpointEvent {
  std::string path;
  int epoch = 0;  ///< the last that it finished; 0 = the job is within its first
  bool operator==(const CheckpointEvent&) const = default;
};
struct FinishedEvent {
  JobResult result;
  OutputFiles outputs;            ///< that it has written at its end; none if it diverged
  std::int64_t train_images = 0;  ///< of the data set, limits applied; 0 = not said
  std::int64_t eval_images = 0;   ///< that judged; damaged ones do not count
  bool operator==(const FinishedEvent&) const = default;
};
/// What a failure says of the next attempt.
enum class FailureCause {
  job,        ///< it may go better
  permanent,  ///< it would fail the same way: a setting that does not fit, data that are not there
  disk_full,  ///< the disk has no room for what the trainer writes
};
struct FailedEvent {
  std::string message;
  FailureCause cause = FailureCause::job;
  bool device_works = true;  ///< false: nothing runs on the device any more, and the process ends now
  bool operator==(const FailedEvent&) const = default;
};
struct StoppedEvent {
  int signal = 0;  ///< that asked for it, and ends the process now; 0 = a StopCommand did
  bool operator==(const StoppedEvent&) const = default;
};
using TrainerEvent = std::variant<ReadyEvent, StartedEvent, ProgressEvent, EpochEvent, CheckpointEvent,
                                  FinishedEvent, FailedEvent, StoppedEvent>;

/// One line without the newline. {"command": "run", ...}, {"event": "epoch", ...}.
std::string to_line(const TrainerCommand& command);
std::string to_line(const TrainerEvent& event);
Result<TrainerCommand> command_from_line(std::string_view line);
Result<TrainerEvent> event_from_line(std::string_view line);

}  // namespace spin
