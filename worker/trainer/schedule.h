#pragma once

#include <cstdint>

#include "schema/design/training.h"

namespace spin {

/// Learning rate and momentum as functions of the step: nothing to store, nothing to restore.
class LearningRate {
 public:
  /// `total_steps` optimizer steps of which `steps_per_epoch` make an epoch; both at least 1.
  LearningRate(const Training& training, std::int64_t steps_per_epoch, std::int64_t total_steps);

  /// Rate of the 0-based `step`.
  [[nodiscard]] double at(std::int64_t step) const;
  /// Momentum of the 0-based `step`: sgd's, or adamw's first beta.
  [[nodiscard]] double momentum_at(std::int64_t step) const;

 private:
  /// From `start` up or down to `top` while the rate rises, then to `end`.
  [[nodiscard]] double one_cycle(double step, double start, double top, double end) const;
  [[nodiscard]] double cosine(double step) const;

  Schedule schedule_;
  double peak_;
  double momentum_;
  bool cycles_momentum_;
  double base_momentum_, max_momentum_;
  double total_steps_;
  double warmup_steps_;
};

}  // namespace spin
