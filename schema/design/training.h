#pragma once

#include <optional>

namespace spin {

enum class Optimizer { adamw, sgd };
enum class Schedule { one_cycle, cosine, constant };
enum class Precision { fp32, bf16 };

struct RandAugment {
  int layers = 2;
  int magnitude = 9;
  bool operator==(const RandAugment&) const = default;
};

/// Recipe of one training run (SPIN, Appendix C names the paper's).
struct Training {
  int epochs = 10;
  int batch_size = 128;  ///< images
  Optimizer optimizer = Optimizer::adamw;
  double lr = 0.01;  ///< peak learning rate
  double weight_decay = 2e-5;
  Schedule schedule = Schedule::one_cycle;
  double warmup_epochs = 0;   ///< one_cycle: 0 = rising for a fifth of the run
  double clip_grad_norm = 1;  ///< 0 = off
  double label_smoothing = 0.1;
  double mixup = 0;
  double cutmix = 0;
  double random_erasing = 0;
  std::optional<RandAugment> randaugment;
  double label_noise = 0;  ///< share of training labels replaced
  Precision precision = Precision::fp32;
  bool operator==(const Training&) const = default;
};

}  // namespace spin
