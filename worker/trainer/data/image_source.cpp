#include "worker/trainer/data/image_source.h"

#include <cstddef>

namespace spin {

Result<Decoded> MemoryImages::read(std::int64_t index, const ChooseView& choose) const {
  Decoded decoded{{width_, height_, channels_, {}}, choose(width_, height_)};
  const auto bytes = static_cast<std::size_t>(height_) * decoded.image.row_bytes();
  const auto* first = pixels_.get() + static_cast<std::size_t>(index) * bytes;
  decoded.image.pixels.assign(first, first + bytes);
  return decoded;
}

}  // namespace spin
