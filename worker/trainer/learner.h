#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <torch/torch.h>

#include "schema/design/config.h"
#include "worker/trainer/batches.h"
#include "worker/trainer/model.h"
#include "worker/trainer/optimizer.h"
#include "worker/trainer/parameters.h"
#include "worker/trainer/schedule.h"
#include "worker/trainer/weight_copy.h"

namespace spin {

/// Where the seconds of training went, on the host's clock: on a GPU, whose arithmetic runs on by itself,
/// they are the time that its orders took.
struct PhaseSeconds {
  double data = 0;     ///< until a batch is there, mixed and erased
  double forward = 0;  ///< with the loss
  double backward = 0;
  double step = 0;  ///< clipping, optimizer, averaged weights
};

/// A network that is being trained, with all that changes at a step.
class Learner {
 public:
  /// The network has its initial weights.
  Learner(const Train& config, torch::Device device, std::int64_t steps_per_epoch);
  Learner(const Learner&) = delete;  // its parts refer to each other
  Learner& operator=(const Learner&) = delete;

  /// The averaged and the best weights start from those that the network has now.
  void begin();
  /// One step of the optimizer, the 0-based `step` of the whole run, on a batch that is split into the passes
  /// that the recipe asks for. Returns the mean loss over the batch: a scalar on the device. Adds to
  /// `seconds`.
  torch::Tensor step(Batch batch, std::int64_t step, PhaseSeconds& seconds);

  [[nodiscard]] Model& network() { return *network_; }
  /// Everything that a checkpoint holds of it, shared with it, in an order of its own.
  [[nodiscard]] std::vector<NamedTensor> state() const;
  /// After state() was filled in: the steps that it has seen.
  void set_steps(std::int64_t steps) { optimizer_->set_steps(steps); }
  [[nodiscard]] bool is_finite() const;
  /// Global 2-norm of the gradients of the last step, before clipping; none before a step.
  [[nodiscard]] std::optional<double> gradient_norm() const;

  /// The network computes with the averaged weights, where the recipe averages; a second call undoes the
  /// first.
  void exchange_average();
  /// Remembers what the network computes with now as the best.
  void keep_best() { best_->store(); }
  /// The network computes with the weights that the recipe keeps: the best, else the averaged, else the last.
  void load_kept();

 private:
  [[nodiscard]] torch::Tensor augment(Batch& batch, std::int64_t step) const;
  [[nodiscard]] torch::Tensor accumulate(const torch::Tensor& images, const torch::Tensor& targets,
                                         PhaseSeconds& seconds);
  [[nodiscard]] torch::Tensor loss_of(const torch::Tensor& images, const torch::Tensor& targets) const;

  // Constant after construction.
  Training recipe_;
  std::int64_t classes_;
  std::int64_t seed_;
  torch::Device device_;
  LearningRate learning_rate_;

  std::unique_ptr<Model> network_;
  FlatParameters parameters_;
  std::unique_ptr<FlatOptimizer> optimizer_;
  std::optional<WeightCopy> average_;  // where the recipe averages
  std::optional<WeightCopy> best_;     // where it keeps the best
  torch::Tensor gradient_norm_;        // of the last step: a scalar on the device
};

}  // namespace spin
