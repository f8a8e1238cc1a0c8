#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "schema/design/task.h"
#include "schema/job/trainer_link.h"
#include "worker/trainer/dataset.h"
#include "worker/trainer/runtime.h"
#include "worker/trainer/training_run.h"

namespace spin {

/// Parses, validates and brings it into its canonical form. `text` is a configuration, or an object with one
/// under "config".
Result<Task> parse_job(const std::string& text);

enum class JobEnd {
  finished,
  failed,
  device_lost,  ///< failed, and nothing runs on the device any more: the process should end
  stopped,
};

/// What to do where the checkpoint to go on from is damaged, of another version or of another job.
enum class BadCheckpoint { refuse, begin_anew };

/// Runs job after job on the calling thread and keeps the last data set in memory between them.
class JobRunner {
 public:
  JobRunner(const Runtime& runtime, EventSink sink, BadCheckpoint bad_checkpoint = BadCheckpoint::refuse);

  /// The last event is finished, failed or stopped, and the return value says which. Nothing is thrown.
  JobEnd run(const RunCommand& command, const std::atomic<StopRequest>& stop);

 private:
  /// False where the device no longer computes, as after a fault of a CUDA kernel.
  [[nodiscard]] bool device_works() const;
  // One a kind of task.
  Result<std::optional<FinishedEvent>> carry_out(const Train& config, RunCommand command,
                                                 const std::atomic<StopRequest>& stop);
  /// Nothing where it was to stop meanwhile.
  Result<std::optional<ImageData>> load_data(const Train& config, const RunCommand& command,
                                             const std::atomic<StopRequest>& stop);
  Result<std::optional<FinishedEvent>> carry_out_catching(const RunCommand& command,
                                                          const std::atomic<StopRequest>& stop);

  Runtime runtime_;
  EventSink sink_;
  BadCheckpoint bad_checkpoint_;
  std::shared_ptr<DataStore> data_;  // shared with a thread that loads
};

}  // namespace spin
