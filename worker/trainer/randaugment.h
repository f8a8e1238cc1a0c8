#pragma once

#include "schema/design/training.h"
#include "worker/trainer/byte_image.h"
#include "worker/trainer/random.h"

namespace spin {

/// The operations that RandAugment chooses from (Cubuk et al., 2019), in the order of torchvision's table.
enum class Augmentation {
  identity,
  shear_x,
  shear_y,
  translate_x,
  translate_y,
  rotate,
  brightness,
  colour,
  contrast,
  sharpness,
  posterize,
  solarize,
  autocontrast,
  equalize,
};
inline constexpr int kAugmentations = 14;
inline constexpr int kGreatestMagnitude = 30;  ///< of torchvision's 31 bins

/// Whether an operation's strength has a direction, which RandAugment draws.
[[nodiscard]] bool is_signed(Augmentation operation);

/// Applies one operation in place at `magnitude`, 0 to kGreatestMagnitude, of torchvision's RandAugment
/// (0.14): at 30 shears by a slope of 0.3, translates by 150/331 of the image's width or height, turns by 30
/// degrees, scales brightness, colour, contrast and sharpness by 1 +- 0.9, keeps 4 bits, inverts every value.
/// At 0 nothing changes but that solarize, as there, inverts 255; autocontrast and equalize have no strength.
/// `negative` turns the direction round where there is one. The image has 1 or 3 channels and at least one
/// pixel.
void augment(ByteImage& image, Augmentation operation, int magnitude, bool negative);

/// RandAugment in place: `settings.layers` operations one after the other, each drawn uniformly, at
/// `settings.magnitude` and with a random direction.
void rand_augment(ByteImage& image, const RandAugment& settings, Random& random);

}  // namespace spin
