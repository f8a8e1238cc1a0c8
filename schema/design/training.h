#pragma once

#include <optional>

namespace spin {

enum class Optimizer { adamw, sgd };
enum class Schedule { one_cycle, one_cycle_linear, cosine, constant };
enum class Precision { fp32, bf16 };
enum class Crop { none, padded, random_resized };
enum class Keep { last, best };
enum class Erase { zero, pixel };

/// The operations, their strengths and the order of what is drawn are torchvision's, or with `increasing`
/// those of timm's "inc1".
struct RandAugment {
  int layers = 2;            ///< operations on an image
  int magnitude = 9;         ///< of 30; increasing: of 10
  double magnitude_std = 0;  ///< deviation of the magnitude from operation to operation; timm's "mstd"
  bool increasing = false;   ///< timm's set: 15 operations that all grow with the magnitude, each done or not
  bool operator==(const RandAugment&) const = default;
};

inline constexpr int kGreatestMagnitude = 30;            ///< of torchvision's 31 bins
inline constexpr int kGreatestIncreasingMagnitude = 10;  ///< of timm's scale

/// Recipe of one training run (SPIN, Appendix C names the paper's).
struct Training {
  int epochs = 10;
  int batch_size = 128;  ///< images
  Optimizer optimizer = Optimizer::adamw;
  double lr = 0.01;  ///< peak learning rate
  double weight_decay = 2e-5;
  Schedule schedule = Schedule::one_cycle;
  double warmup_epochs = 0;   ///< one_cycle: 0 = rising for pct_start of the run
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
  double eps = 1e-8;         ///< adamw: added to the root of the second moment
  double pct_start = 0.2;    ///< one_cycle without warmup_epochs: share of the run in which the rate rises
  bool cycle_momentum = false;  ///< one_cycle: momentum (adamw: the first beta) falls as the rate rises
  double base_momentum = 0.85;  ///< cycle_momentum: where the rate is highest
  double max_momentum = 0.95;   ///< cycle_momentum: at both ends
  Erase random_erasing_mode = Erase::zero;  ///< with the mean colour, or with noise pixel by pixel
  double stochastic_depth = 0;  ///< convnext, deit: probability that the last block's branches are left out;
                                ///< it grows linearly from 0 at the first block
  int repeated_augmentation = 1;  ///< times in a row that an epoch shows an image, each changed by itself
  bool operator==(const Training&) const = default;
};

}  // namespace spin
