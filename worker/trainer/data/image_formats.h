#pragma once

#include <cstdint>
#include <string_view>

#include "schema/base/result.h"
#include "worker/trainer/data/image_source.h"

namespace spin {

// What decode_image chooses between; its promises hold for each.
Result<Decoded> decode_jpeg(std::string_view bytes, const ChooseView& choose);
Result<Decoded> decode_png(std::string_view bytes, const ChooseView& choose);

/// Before memory is taken for an image of that size.
Status check_image_size(std::uint64_t width, std::uint64_t height);

/// The whole pixels of an image of width x height that a box touches.
struct PixelRange {
  int left = 0, right = 0;  ///< columns [left, right)
  int top = 0, bottom = 0;  ///< rows [top, bottom)
};
PixelRange pixels_of(const Box& box, int width, int height);

}  // namespace spin
