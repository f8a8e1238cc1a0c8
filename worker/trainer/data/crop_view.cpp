#include "worker/trainer/data/crop_view.h"

#include <algorithm>
#include <cmath>

namespace spin {
namespace {

constexpr int kTries = 10;
constexpr double kLeastRatio = 3.0 / 4;  // width / height
constexpr double kMostRatio = 4.0 / 3;

Box middle_box(int width, int height, int box_width, int box_height) {
  return {static_cast<double>((width - box_width) / 2), static_cast<double>((height - box_height) / 2),
          static_cast<double>(box_width), static_cast<double>(box_height)};
}

Box largest_allowed_box(int width, int height) {
  const double ratio = static_cast<double>(width) / height;
  if (ratio < kLeastRatio)
    return middle_box(width, height, width,
                      std::clamp(static_cast<int>(std::lround(width / kLeastRatio)), 1, height));
  if (ratio > kMostRatio)
    return middle_box(width, height, std::clamp(static_cast<int>(std::lround(height * kMostRatio)), 1, width),
                      height);
  return middle_box(width, height, width, height);
}

int draw(Random& random, int choices) {
  return static_cast<int>(random.below(static_cast<std::uint64_t>(choices)));
}

}  // namespace

View whole_view(int width, int height, int resolution) {
  return {{0, 0, static_cast<double>(width), static_cast<double>(height)}, resolution, resolution};
}

View centre_view(int width, int height, int resolution) {
  const double shorter_side = std::round(resolution * 8.0 / 7);
  const double side = std::min(width, height) * resolution / shorter_side;
  return {{(width - side) / 2, (height - side) / 2, side, side}, resolution, resolution};
}

View random_resized_view(int width, int height, int resolution, double least_share, Random& random) {
  const double area = static_cast<double>(width) * height;
  for (int i = 0; i < kTries; ++i) {
    const double share = area * random.uniform(least_share, 1);
    const double ratio = std::exp(random.uniform(std::log(kLeastRatio), std::log(kMostRatio)));
    const auto box_width = static_cast<int>(std::lround(std::sqrt(share * ratio)));
    const auto box_height = static_cast<int>(std::lround(std::sqrt(share / ratio)));
    if (box_width < 1 || box_width > width || box_height < 1 || box_height > height) continue;
    const double left = draw(random, width - box_width + 1);
    const double top = draw(random, height - box_height + 1);
    return {
        {left, top, static_cast<double>(box_width), static_cast<double>(box_height)}, resolution, resolution};
  }
  return {largest_allowed_box(width, height), resolution, resolution};
}

}  // namespace spin
