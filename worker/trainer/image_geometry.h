#pragma once

#include <array>

#include "worker/trainer/byte_image.h"

namespace spin {

// Geometric operations of RandAugment, in place and of the image's own size. They take the nearest pixel,
// in 16.16 fixed-point steps, and leave what lies outside in the colour `outside`: Image.transform
// and Image.rotate of PIL 9.4.

/// Value of each channel; the first alone where an image is gray.
using Colour = std::array<std::uint8_t, 3>;
inline constexpr Colour kBlack{};

/// Column x of row y shows what was `slope` * y columns to its right.
void shear_x(ByteImage& image, double slope, const Colour& outside);
/// Row y of column x shows what was `slope` * x rows below it.
void shear_y(ByteImage& image, double slope, const Colour& outside);
/// Moves the content `right` columns and `down` rows.
void translate(ByteImage& image, int right, int down, const Colour& outside);
/// Turns the content about the image's middle, counter-clockwise.
void rotate(ByteImage& image, double degrees, const Colour& outside);

}  // namespace spin
