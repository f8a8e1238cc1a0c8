#pragma once

#include <cstdint>
#include <vector>

#include "schema/design/config.h"

namespace spin {

/// Full batches in an epoch; what is left over is not used in that epoch. 0 where the training images do not
/// fill one.
std::int64_t steps_per_epoch(std::int64_t images, const Training& training);

/// Which training images each step takes, from a first step (0-based, counted over all epochs) to the last
/// one of the last epoch. Precondition: steps_per_epoch() > 0.
class TrainingSteps {
 public:
  TrainingSteps(const Train& config, std::int64_t images, std::int64_t first_step);

  [[nodiscard]] bool at_end() const { return step_ >= steps_; }
  /// 1-based.
  [[nodiscard]] std::int64_t epoch() const { return step_ / steps_per_epoch_ + 1; }
  /// Place of the step's first image in the order of its epoch.
  [[nodiscard]] std::int64_t offset() const { return step_ % steps_per_epoch_ * batch_size_; }
  [[nodiscard]] std::int64_t batch_size() const { return batch_size_; }
  /// Of the epoch's images; repeated augmentation names each several times in a row, so that the epoch sees a
  /// part of them.
  [[nodiscard]] std::vector<std::int64_t> order() const;
  /// Which of its image's copies each place of the step holds; empty where there is one of each.
  [[nodiscard]] std::vector<std::int64_t> copies() const;
  void advance() { ++step_; }

 private:
  std::int64_t seed_, images_, batch_size_, steps_per_epoch_, steps_, repeats_, step_;
};

}  // namespace spin
