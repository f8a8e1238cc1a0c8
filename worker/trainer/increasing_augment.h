#pragma once

#include "schema/design/training.h"
#include "worker/trainer/byte_image.h"
#include "worker/trainer/image_geometry.h"
#include "worker/trainer/random.h"

namespace spin {

/// The operations of timm's "inc1" set, in its order: the effect of each grows with the magnitude, where it
/// has one.
enum class IncreasingAugmentation {
  autocontrast,
  equalize,
  invert,
  rotate,
  posterize,
  solarize,
  solarize_add,
  colour,
  contrast,
  brightness,
  sharpness,
  shear_x,
  shear_y,
  translate_x,
  translate_y,
};
inline constexpr int kIncreasingAugmentations = 15;

/// Whether an operation's strength has a direction, which is drawn.
[[nodiscard]] bool is_signed(IncreasingAugmentation operation);

/// Applies one operation in place at `magnitude`, 0 to kGreatestIncreasingMagnitude: at 10 turns by 30
/// degrees, keeps no bit, inverts every value, adds 110 to values below 128, scales colour, contrast,
/// brightness and sharpness by 1 +- 0.9, shears by a slope of 0.3, translates by 0.45 of the width or height.
/// Corners become `outside`. The pixels are the nearest ones, and translations whole pixels, where timm
/// interpolates.
void augment(ByteImage& image, IncreasingAugmentation operation, double magnitude, bool negative,
             const Colour& outside);

/// timm's rand-mM-mstdS-inc1 in place: `settings.layers` times an operation, drawn uniformly, is done with
/// probability 1/2.
void rand_augment_increasing(ByteImage& image, const RandAugment& settings, const Colour& outside,
                             Random& random);

}  // namespace spin
