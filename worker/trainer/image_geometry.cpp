#include "worker/trainer/image_geometry.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace spin {
namespace {

/// Where a pixel of the result comes from: x' = xx * x + xy * y + x0, y' = yx * x + yy * y + y0.
struct PixelMap {
  double xx = 1, xy = 0, x0 = 0;
  double yx = 0, yy = 1, y0 = 0;
};

constexpr int kFraction = 16;  // bits
constexpr std::int64_t kOne = std::int64_t{1} << kFraction;

std::int64_t fixed(double value) {
  return static_cast<std::int64_t>(std::floor(value * static_cast<double>(kOne) + 0.5));
}

struct Point {
  std::int64_t x = 0;  // 16.16 pixels
  std::int64_t y = 0;
};

/// `target` is a row of the result whose first pixel comes from `from`, and each next one from `step` further
/// on.
template <int kChannels>
void sample_row(const ByteImage& source, std::uint8_t* target, Point from, Point step) {
  const auto inside = [&](int x) {
    const auto column = (from.x + x * step.x) >> kFraction;
    const auto row = (from.y + x * step.y) >> kFraction;
    return column >= 0 && column < source.width && row >= 0 && row < source.height;
  };
  // A line crosses the source in one stretch.
  int first = 0;
  int last = source.width;
  while (first < last && !inside(first)) ++first;
  while (last > first && !inside(last - 1)) --last;
  Point at{from.x + first * step.x, from.y + first * step.y};
  target += first * kChannels;
  for (int x = first; x < last; ++x, target += kChannels) {
    const auto* pixel =
        source.pixels.data() + ((at.y >> kFraction) * source.width + (at.x >> kFraction)) * kChannels;
    for (int channel = 0; channel < kChannels; ++channel) target[channel] = pixel[channel];
    at.x += step.x;
    at.y += step.y;
  }
}

/// The same where a step is one column: a stretch of one row.
void copy_row(const ByteImage& source, std::uint8_t* target, Point from) {
  const auto row = from.y >> kFraction;
  if (row < 0 || row >= source.height) return;
  const auto shift = from.x >> kFraction;
  const auto first = std::max<std::int64_t>(0, -shift);
  const auto last = std::min<std::int64_t>(source.width, source.width - shift);
  if (first >= last) return;
  const auto* begin = source.row(static_cast<int>(row)) + (first + shift) * source.channels;
  std::copy_n(begin, (last - first) * source.channels, target + first * source.channels);
}

void transform(ByteImage& image, const PixelMap& map, const Colour& outside) {
  ByteImage source = image;
  const auto channels = static_cast<std::size_t>(image.channels);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = outside[i % channels];
  const Point step{fixed(map.xx), fixed(map.yx)};
  const Point next_row{fixed(map.xy), fixed(map.yy)};
  // Pixels are sampled at their middle.
  Point from{fixed(map.x0 + map.xx * 0.5 + map.xy * 0.5), fixed(map.y0 + map.yx * 0.5 + map.yy * 0.5)};
  for (int y = 0; y < image.height; ++y) {
    if (step.x == kOne && step.y == 0)
      copy_row(source, image.row(y), from);
    else if (image.channels == 3)
      sample_row<3>(source, image.row(y), from, step);
    else
      sample_row<1>(source, image.row(y), from, step);
    from.x += next_row.x;
    from.y += next_row.y;
  }
}

}  // namespace

void shear_x(ByteImage& image, double slope, const Colour& outside) {
  transform(image, {.xy = slope}, outside);
}

void shear_y(ByteImage& image, double slope, const Colour& outside) {
  transform(image, {.yx = slope}, outside);
}

void translate(ByteImage& image, int right, int down, const Colour& outside) {
  transform(image, {.x0 = -static_cast<double>(right), .y0 = -static_cast<double>(down)}, outside);
}

void rotate(ByteImage& image, double degrees, const Colour& outside) {
  const double angle = -degrees * std::numbers::pi / 180;
  const double cosine = std::cos(angle);
  const double sine = std::sin(angle);
  const double x = image.width / 2.0;
  const double y = image.height / 2.0;
  transform(image,
            {.xx = cosine,
             .xy = sine,
             .x0 = x - cosine * x - sine * y,
             .yx = -sine,
             .yy = cosine,
             .y0 = y + sine * x - cosine * y},
            outside);
}

}  // namespace spin
