#pragma once

#include "worker/trainer/byte_image.h"
#include "worker/trainer/data/image_source.h"

namespace spin {

/// The part of `image` that `view` names, resized with a triangle filter that is as wide as a pixel of the
/// result where the result is smaller (bilinear with antialiasing, as Pillow and torchvision do it). Nothing
/// outside the pixels that the box touches contributes. Preconditions: the box is not empty and lies in the
/// image.
ByteImage resize(const ByteImage& image, const View& view);

}  // namespace spin
