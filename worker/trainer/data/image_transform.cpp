#include "worker/trainer/data/image_transform.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "worker/trainer/data/crop_view.h"
#include "worker/trainer/data/resize.h"

namespace spin {
namespace {

View choose_view(const ImageTransform& transform, int width, int height, Random& random) {
  const int resolution = transform.resolution;
  if (transform.crop == Crop::random_resized)
    return random_resized_view(width, height, resolution, transform.crop_scale, random);
  return transform.frame == ImageTransform::Frame::centre ? centre_view(width, height, resolution)
                                                          : whole_view(width, height, resolution);
}

/// From -padding to padding.
int draw_shift(int padding, Random& random) {
  return static_cast<int>(random.below(2 * static_cast<std::uint64_t>(padding) + 1)) - padding;
}

/// Moves the picture down and to the right; black comes in.
ByteImage shifted(const ByteImage& image, int right, int down) {
  ByteImage out{image.width, image.height, image.channels, std::vector<std::uint8_t>(image.pixels.size())};
  const int kept = image.width - std::abs(right);
  if (kept <= 0) return out;
  const auto bytes = [&](int pixels) { return static_cast<std::size_t>(pixels * image.channels); };
  for (int y = std::max(0, down); y < std::min(image.height, image.height + down); ++y)
    std::memcpy(out.row(y) + bytes(std::max(0, right)), image.row(y - down) + bytes(std::max(0, -right)),
                bytes(kept));
  return out;
}

void mirror(ByteImage& image) {
  for (int y = 0; y < image.height; ++y) {
    auto* left = image.row(y);
    auto* right = left + image.row_bytes() - image.channels;
    for (; left < right; left += image.channels, right -= image.channels)
      std::swap_ranges(left, left + image.channels, right);
  }
}

}  // namespace

Status transform_image(const ImageSource& images, std::int64_t index, const ImageTransform& transform,
                       ImageKey key, std::uint8_t* out) {
  Random random(transform.seed, RandomUse::crop, key.epoch, key.index);
  SPIN_ASSIGN(const auto decoded, images.read(index, [&](int width, int height) {
    return choose_view(transform, width, height, random);
  }));
  auto image = resize(decoded.image, decoded.view);
  if (transform.crop == Crop::padded) {
    const int right = draw_shift(transform.crop_padding, random);
    image = shifted(image, right, draw_shift(transform.crop_padding, random));
  }
  if (random.chance(transform.flip)) mirror(image);
  if (transform.change) {
    Random changes(transform.seed, RandomUse::randaugment, key.epoch, key.index);
    transform.change(image, changes);
  }
  std::memcpy(out, image.pixels.data(), image.pixels.size());
  return {};
}

}  // namespace spin
