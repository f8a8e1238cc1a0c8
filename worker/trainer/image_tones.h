#pragma once

#include "worker/trainer/byte_image.h"

namespace spin {

// Operations of RandAugment on the values of pixels, in place, each to the bit what PIL 9.4 computes.

// ImageEnhance: the image blended with a degenerate one, degenerate + factor * (image - degenerate), cut to
// 0..255 and rounded down. Factor 1 changes nothing; the luma is ITU-R 601's.

/// Away from black.
void adjust_brightness(ByteImage& image, float factor);
/// Away from the mean luma of the whole image.
void adjust_contrast(ByteImage& image, float factor);
/// Away from each pixel's own luma; a gray image stays as it is.
void adjust_colour(ByteImage& image, float factor);
/// Away from its 3 x 3 mean in which the middle counts five times; pixels at the border stay as they are.
void adjust_sharpness(ByteImage& image, float factor);

// ImageOps.

/// Keeps the upper `bits` (0 to 8) of each value.
void posterize(ByteImage& image, int bits);
/// Inverts values of `threshold` and above.
void solarize(ByteImage& image, double threshold);
/// Adds `amount` to values below 128; none becomes more than 255. (AutoAugment's, which PIL does not have.)
void solarize_add(ByteImage& image, int amount);
void invert(ByteImage& image);
/// Stretches each channel so that its darkest value becomes 0 and its brightest 255.
void autocontrast(ByteImage& image);
/// Flattens each channel's histogram.
void equalize(ByteImage& image);

}  // namespace spin
