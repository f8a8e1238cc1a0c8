#pragma once

#include <optional>

namespace spin {

enum class Optimizer { adamw, sgd };
enum class Schedule { one_cycle, cosine, constant };
enum class Precision { fp32, bf16 };
enum class Crop { none, padded, random_resized };
enum class Keep { last, best };

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

  // Later than the first version of job identity: canonical JSON names them only where they are not as below.
  double momentum = 0.9;     ///< sgd, with Nesterov's look-ahead
  int accumulation = 1;      ///< passes that a batch is split into, gradients added up before the step
  double ema = 0;            ///< decay per step of the averaged weights that are evaluated and kept; 0 = off
  int evaluate_every = 1;    ///< epochs; the last one is always evaluated
  Keep keep = Keep::last;    ///< which evaluated epoch is the result: the last, or the best in top-1
  Crop crop = Crop::none;    ///< of training images
  int crop_padding = 4;      ///< pixels on each side; padded
  double crop_scale = 0.08;  ///< least share of the image's area; random_resized
  double flip = 0;           ///< probability of a horizontal flip
  bool operator==(const Training&) const = default;
};

}  // namespace spin
