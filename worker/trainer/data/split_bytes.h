#pragma once

#include <cstdint>
#include <vector>

namespace spin {

/// Images and labels of one split, as files hold them.
struct SplitBytes {
  int height = 0;                    ///< pixels
  int width = 0;                     ///< pixels
  int channels = 0;                  ///< 1 or 3
  std::vector<std::uint8_t> pixels;  ///< [N, height, width, channels]
  std::vector<std::int64_t> labels;  ///< [N]
};

}  // namespace spin
