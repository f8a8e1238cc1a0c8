#pragma once

#include <optional>

#include <torch/torch.h>

#include "schema/design/training.h"
#include "worker/trainer/random.h"
#include "worker/trainer/rectangle.h"

namespace spin {

/// With `probability`, a rectangle to erase: of 2 % to a third of the area and an aspect ratio of 0.3 to 1 /
/// 0.3 on a log scale (Zhong et al., 2020, with timm's bounds). Nothing where ten draws all exceed the image.
std::optional<Rectangle> draw_erasure(Random& random, double probability, std::int64_t height,
                                      std::int64_t width);

/// Random Erasing in place: sets a rectangle of its own in some of `images` [N, C, H, W] float to 0, which is
/// the mean colour of a normalised image, or each of its values to a normal number of its own (timm's
/// "pixel") from the generator of the images' device, whose state checkpoints hold.
void erase_randomly(const torch::Tensor& images, double probability, Erase mode, Random& random);

}  // namespace spin
