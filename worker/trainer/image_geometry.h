#pragma once

#include "worker/trainer/byte_image.h"

namespace spin {

// Geometric operations of RandAugment, in place and of the image's own size. They take the nearest pixel,
// in 16.16 fixed-point steps, and leave black what lies outside: Image.transform and Image.rotate of PIL 9.4.

/// Column x of row y shows what was `slope` * y columns to its right.
void shear_x(ByteImage& image, double slope);
/// Row y of column x shows what was `slope` * x rows below it.
void shear_y(ByteImage& image, double slope);
/// Moves the content `right` columns and `down` rows.
void translate(ByteImage& image, int right, int down);
/// Turns the content about the image's middle, counter-clockwise.
void rotate(ByteImage& image, double degrees);

}  // namespace spin
