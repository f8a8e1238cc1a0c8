#include "worker/trainer/data/image_file.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "worker/trainer/data/image_formats.h"

namespace spin {
namespace {

constexpr std::uint64_t kLongestSide = 32'768;
constexpr std::uint64_t kMostPixels = 80'000'000;

}  // namespace

Status check_image_size(std::uint64_t width, std::uint64_t height) {
  const auto size = std::to_string(width) + " x " + std::to_string(height) + " pixels";
  if (width == 0 || height == 0) return Error{ErrorCode::data_loss, size};
  if (width <= kLongestSide && height <= kLongestSide && width * height <= kMostPixels) return {};
  return Error{ErrorCode::resource_exhausted, size + " are more than the " + std::to_string(kMostPixels) +
                                                  " in all, " + std::to_string(kLongestSide) +
                                                  " a side, that are decoded"};
}

PixelRange pixels_of(const Box& box, int width, int height) {
  PixelRange range;
  range.left = std::clamp(static_cast<int>(std::floor(box.left)), 0, width - 1);
  range.right = std::clamp(static_cast<int>(std::ceil(box.left + box.width)), range.left + 1, width);
  range.top = std::clamp(static_cast<int>(std::floor(box.top)), 0, height - 1);
  range.bottom = std::clamp(static_cast<int>(std::ceil(box.top + box.height)), range.top + 1, height);
  return range;
}

#ifdef SPIN_HAVE_IMAGES

Status check_image_decoders() { return {}; }

Result<Decoded> decode_image(std::string_view bytes, const ChooseView& choose) {
  if (bytes.starts_with("\xff\xd8")) return decode_jpeg(bytes, choose);
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return decode_png(bytes, choose);
  return Error{ErrorCode::data_loss, bytes.empty() ? "the file is empty" : "neither a JPEG nor a PNG file"};
}

#else

Status check_image_decoders() {
  return Error{
      ErrorCode::unsupported,
      "this spin-train was built without libjpeg-turbo and libpng and decodes no images; build it where "
      "their development files (Debian: libjpeg62-turbo-dev, libpng-dev) are installed"};
}

Result<Decoded> decode_image(std::string_view, const ChooseView&) { return check_image_decoders().error(); }

#endif

}  // namespace spin
