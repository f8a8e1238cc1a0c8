#pragma once

#include <optional>

#include <torch/torch.h>

#include "worker/trainer/random.h"
#include "worker/trainer/rectangle.h"

namespace spin {

/// How a batch is mixed with itself in reverse order, the same for every image of it.
struct Mixture {
  double own = 1;  ///< weight of an image's own label, lambda in the papers
  std::optional<Rectangle>
      patch;  ///< CutMix: what comes from the other image; else MixUp blends whole images
};

/// MixUp (Zhang et al., 2018) with lambda from Beta(mixup, mixup), or CutMix (Yun et al., 2019) of a patch
/// whose share 1 - lambda comes from Beta(cutmix, cutmix), for images of `height` x `width`; where both are
/// above 0, each for half of the batches. At least one is. As in timm, the patch is cut off at the border and
/// lambda follows what is left.
Mixture draw_mixture(Random& random, double mixup, double cutmix, std::int64_t height, std::int64_t width);

/// Mixes `images` [N, C, H, W] float in place and returns the targets [N, classes] float that belong to them,
/// of `labels` [N] int64. cross_entropy_loss takes targets as it takes labels; that it smooths them after the
/// mixing, and timm before, is the same, for both are linear.
torch::Tensor mix_batch(const torch::Tensor& images, const torch::Tensor& labels, std::int64_t classes,
                        const Mixture& mixture);

}  // namespace spin
