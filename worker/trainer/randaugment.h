#pragma once

#include "schema/design/training.h"
#include "worker/trainer/byte_image.h"
#include "worker/trainer/image_geometry.h"
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

/// Whether an operation's strength has a direction, which RandAugment draws.
[[nodiscard]] bool is_signed(Augmentation operation);

/// Applies one operation in place at `magnitude`, 0 to kGreatestMagnitude, whole or not, of torchvision's
/// RandAugment (0.14): at 30 shears by a slope of 0.3, translates by 150/331 of the image's width or height,
/// turns by 30 degrees, scales brightness, colour, contrast and sharpness by 1 +- 0.9, keeps 4 bits, inverts
/// every value. At 0 nothing changes but that solarize, as there, inverts 255; autocontrast and equalize have
/// no strength. `negative` turns the direction round where there is one. The image has 1 or 3 channels and at
/// least one pixel.
void augment(ByteImage& image, Augmentation operation, double magnitude, bool negative);

/// The magnitude of one operation: `settings.magnitude`, or where it deviates a normal number about it, cut
/// to 0 and `greatest` (timm's magnitude_std).
[[nodiscard]] double draw_magnitude(const RandAugment& settings, int greatest, Random& random);

/// RandAugment in place: `settings.layers` operations one after the other, each drawn uniformly, at a
/// magnitude of its own and with a random direction. `outside` is what timm's set (increasing_augment.h)
/// fills corners with; torchvision's leaves them black.
void rand_augment(ByteImage& image, const RandAugment& settings, const Colour& outside, Random& random);

}  // namespace spin
