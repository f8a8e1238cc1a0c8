#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "schema/design/config.h"
#include "schema/job/trainer_link.h"
#include "worker/trainer/batches.h"
#include "worker/trainer/checkpoint.h"
#include "worker/trainer/dataset.h"
#include "worker/trainer/model.h"
#include "worker/trainer/parameters.h"
#include "worker/trainer/runtime.h"
#include "worker/trainer/schedule.h"

namespace spin {

using EventSink = std::function<void(const TrainerEvent&)>;

/// One job from its first step, or from a checkpoint, to its result. On a CPU it is a function of the
/// configuration and the number of threads, however often it was interrupted.
class TrainingRun {
 public:
  /// What the run is given; the paths are RunCommand's. `stop` is read between steps.
  struct Setup {
    JobConfig config;
    RunCommand files;
    ImageData data;
    torch::Device device;
    int threads = 1;  // that decode images
    EventSink sink;
    const std::atomic<bool>& stop;
  };

  /// Seeds LibTorch's default generators.
  explicit TrainingRun(Setup setup);

  /// Loads initial weights and checkpoint where the command names them. failed_precondition, data_loss,
  /// not_found; invalid_argument where the training images do not fill a batch.
  Status prepare();
  /// Emits started, progress, epoch and checkpoint events. Nothing where it was stopped.
  Result<std::optional<FinishedEvent>> run();

 private:
  enum class EpochEnd { finished, diverged, stopped };
  using Clock = std::chrono::steady_clock;

  Result<EpochEnd> run_epoch(int epoch);
  Result<EpochEnd> train_epoch(int epoch);
  Status save();
  void train_step(const Batch& batch);
  bool report_step(int epoch, std::int64_t step_in_epoch, Clock::time_point epoch_start);
  [[nodiscard]] bool parameters_are_finite();
  Result<FinishedEvent> finish(Outcome outcome);

  // Constant after construction.
  Setup setup_;
  nlohmann::json config_json_;
  std::int64_t steps_per_epoch_;
  std::int64_t total_steps_;
  PeakMemory peak_memory_;
  LearningRate learning_rate_;

  std::unique_ptr<Model> network_;
  FlatParameters parameters_;
  AdamW optimizer_;
  RunState state_;
  std::unique_ptr<BatchStream> batches_;
  torch::Tensor loss_sum_;  // double scalar on the device, over the steps of the epoch
  Clock::time_point last_progress_{};
};

}  // namespace spin
