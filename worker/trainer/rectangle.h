#pragma once

#include <cstdint>

namespace spin {

/// A part of an image, in pixels.
struct Rectangle {
  std::int64_t top = 0;
  std::int64_t left = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool operator==(const Rectangle&) const = default;
};

}  // namespace spin
