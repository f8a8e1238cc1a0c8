#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spin {

/// An image as files hold it: 8 bits a channel, rows from the top, the channels of a pixel side by side.
struct ByteImage {
  int width = 0;                     ///< pixels
  int height = 0;                    ///< pixels
  int channels = 0;                  ///< 1 (gray) or 3 (red, green, blue)
  std::vector<std::uint8_t> pixels;  ///< [height, width, channels]

  [[nodiscard]] std::size_t row_bytes() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  }
  [[nodiscard]] std::uint8_t* row(int y) { return pixels.data() + static_cast<std::size_t>(y) * row_bytes(); }
  [[nodiscard]] const std::uint8_t* row(int y) const {
    return pixels.data() + static_cast<std::size_t>(y) * row_bytes();
  }
  bool operator==(const ByteImage&) const = default;
};

}  // namespace spin
