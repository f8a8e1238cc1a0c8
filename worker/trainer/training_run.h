#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "schema/design/config.h"
#include "schema/job/trainer_link.h"
#include "worker/trainer/batches.h"
#include "worker/trainer/checkpoint.h"
#include "worker/trainer/dataset.h"
#include "worker/trainer/evaluation.h"
#include "worker/trainer/learner.h"
#include "worker/trainer/memory.h"
#include "worker/trainer/stop_request.h"

namespace spin {

using EventSink = std::function<void(const TrainerEvent&)>;

/// One job from its first step, or from a checkpoint, to its result. On a CPU it is a function of the
/// configuration and the number of threads, however often and at whichever step it was interrupted.
class TrainingRun {
 public:
  /// What the run is given; the paths are RunCommand's.
  struct Setup {
    Train config;
    RunCommand files;
    ImageData data;
    torch::Device device;
    int threads = 1;  ///< that may prepare images
    EventSink sink;
    std::function<StopRequest()> stop_request;  ///< asked before each step and each batch of an evaluation
    std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  };

  /// Seeds LibTorch's default generators.
  explicit TrainingRun(Setup setup);

  /// Loads initial weights and checkpoint where the command names them. failed_precondition, data_loss,
  /// not_found; invalid_argument where the training images do not fill a batch.
  Status prepare();
  /// Emits started, progress, epoch and checkpoint events; checkpoints come when RunCommand says. Nothing
  /// where it was stopped; where that was to save, a checkpoint then holds the step that it came to.
  /// unavailable where the disk has no room for the model.
  Result<std::optional<FinishedEvent>> run();

 private:
  enum class EpochEnd { finished, diverged, stopped };
  using Clock = std::chrono::steady_clock;

  Result<EpochEnd> run_epoch();
  Result<EpochEnd> train_epoch();
  Status train_step();
  Result<std::optional<EpochMetrics>> finish_epoch();
  Result<std::optional<Accuracy>> evaluate_epoch();
  [[nodiscard]] bool should_stop() const { return setup_.stop_request() != StopRequest::none; }
  [[nodiscard]] bool is_checkpoint_due() const;
  Status save();
  void count_training_time();
  bool report_step(std::int64_t steps_done, Clock::time_point start);
  [[nodiscard]] bool is_within_run(const RunState& state) const;
  /// Where an epoch ends, the same step comes before its evaluation and after it.
  [[nodiscard]] bool is_saved() const { return saved_ == std::pair(state_.epoch, state_.step); }
  [[nodiscard]] std::int64_t step_in_epoch() const { return state_.step - state_.epoch * steps_per_epoch_; }
  Result<FinishedEvent> finish(Outcome outcome);

  // Constant after construction.
  Setup setup_;
  nlohmann::json config_json_;
  std::int64_t steps_per_epoch_;
  std::int64_t total_steps_;
  PeakMemory peak_memory_;

  Learner learner_;
  RunState state_;
  std::unique_ptr<BatchStream> batches_;  // from the step after state_.step
  torch::Tensor loss_sum_;                // double scalar on the device, over the steps of the epoch
  std::pair<int, std::int64_t> saved_{};  // epoch and step of the newest checkpoint
  Clock::time_point saved_at_{};          // when it was written or last tried
  Clock::time_point counted_until_{};     // what state_.begun.train_seconds holds
  Clock::time_point last_progress_{};
};

}  // namespace spin
