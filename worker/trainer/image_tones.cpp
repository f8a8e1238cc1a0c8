#include "worker/trainer/image_tones.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

namespace spin {
namespace {

constexpr int kValues = 256;
using Table = std::array<std::uint8_t, kValues>;
using Histogram = std::array<std::int64_t, kValues>;

template <class Function>
Table tabulate(Function value_of) {
  Table table;
  for (int value = 0; value < kValues; ++value) table[static_cast<std::size_t>(value)] = value_of(value);
  return table;
}

void map_values(ByteImage& image, const Table& table) {
  for (auto& value : image.pixels) value = table[value];
}

std::uint8_t to_byte(int value) { return static_cast<std::uint8_t>(std::clamp(value, 0, kValues - 1)); }

std::uint8_t blend(int degenerate, int value, float factor) {
  // Rounded towards 0 before it is cut: the same, and integers vectorise better.
  return to_byte(
      static_cast<int>(static_cast<float>(degenerate) + factor * static_cast<float>(value - degenerate)));
}

void blend(const std::uint8_t* degenerate, std::uint8_t* values, std::size_t count, float factor) {
  for (std::size_t i = 0; i < count; ++i) values[i] = blend(degenerate[i], values[i], factor);
}

/// ITU-R 601 luma as PIL's convert("L") rounds it.
int luma(const std::uint8_t* pixel) {
  return (pixel[0] * 19595 + pixel[1] * 38470 + pixel[2] * 7471 + 0x8000) >> 16;
}

/// Rounded to the nearest; the image has a pixel.
int mean_luma(const ByteImage& image) {
  std::int64_t sum = 0;
  if (image.channels == 1)
    sum = std::accumulate(image.pixels.begin(), image.pixels.end(), std::int64_t{0});
  else
    for (std::size_t i = 0; i < image.pixels.size(); i += 3) sum += luma(&image.pixels[i]);
  const auto count = std::int64_t{image.width} * image.height;
  return static_cast<int>(static_cast<double>(sum) / static_cast<double>(count) + 0.5);
}

/// Replaces each channel by `table_of` of its histogram.
template <class Function>
void map_channels(ByteImage& image, Function table_of) {
  const auto channels = static_cast<std::size_t>(image.channels);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    Histogram histogram{};
    for (std::size_t i = channel; i < image.pixels.size(); i += channels) ++histogram[image.pixels[i]];
    const Table table = table_of(histogram);
    for (std::size_t i = channel; i < image.pixels.size(); i += channels)
      image.pixels[i] = table[image.pixels[i]];
  }
}

Table identity() {
  return tabulate([](int value) { return to_byte(value); });
}

Table stretch(const Histogram& histogram) {
  const auto occurs = [](std::int64_t count) { return count > 0; };
  const auto darkest = std::find_if(histogram.begin(), histogram.end(), occurs) - histogram.begin();
  const auto brightest = histogram.rend() - std::find_if(histogram.rbegin(), histogram.rend(), occurs) - 1;
  if (brightest <= darkest) return identity();
  const double scale = 255.0 / static_cast<double>(brightest - darkest);
  const double offset = -static_cast<double>(darkest) * scale;
  return tabulate([&](int value) { return to_byte(static_cast<int>(value * scale + offset)); });
}

Table flatten(const Histogram& histogram) {
  const auto last = std::find_if(histogram.rbegin(), histogram.rend(), [](auto count) { return count > 0; });
  const auto total = std::accumulate(histogram.begin(), histogram.end(), std::int64_t{0});
  const auto step = (total - *last) / 255;  // pixels per value of the result
  if (step == 0) return identity();
  auto below = step / 2;
  return tabulate([&](int value) {
    const auto mapped = std::min<std::int64_t>(below / step, 255);
    below += histogram[static_cast<std::size_t>(value)];
    return static_cast<std::uint8_t>(mapped);
  });
}

}  // namespace

void adjust_brightness(ByteImage& image, float factor) {
  map_values(image, tabulate([&](int value) { return blend(0, value, factor); }));
}

void adjust_contrast(ByteImage& image, float factor) {
  const int mean = mean_luma(image);
  map_values(image, tabulate([&](int value) { return blend(mean, value, factor); }));
}

void adjust_colour(ByteImage& image, float factor) {
  if (image.channels == 1) return;
  std::vector<std::uint8_t> gray(image.row_bytes());
  for (int y = 0; y < image.height; ++y) {
    auto* row = image.row(y);
    for (std::size_t i = 0; i < gray.size(); i += 3)
      gray[i] = gray[i + 1] = gray[i + 2] = static_cast<std::uint8_t>(luma(row + i));
    blend(gray.data(), row, gray.size(), factor);
  }
}

void adjust_sharpness(ByteImage& image, float factor) {
  if (image.width < 3 || image.height < 3) return;
  const ByteImage source = image;
  const auto bytes = image.row_bytes();
  const auto channels = static_cast<std::size_t>(image.channels);
  const auto inner = bytes - 2 * channels;
  std::vector<std::uint16_t> columns(bytes);  // sums of three rows
  std::vector<std::uint8_t> smooth(inner);
  for (int y = 1; y + 1 < image.height; ++y) {
    const auto* above = source.row(y - 1);
    const auto* here = source.row(y);
    const auto* below = source.row(y + 1);
    for (std::size_t i = 0; i < bytes; ++i)
      columns[i] = static_cast<std::uint16_t>(above[i] + here[i] + below[i]);
    for (std::size_t i = 0; i < inner; ++i) {
      const int total =
          columns[i] + columns[i + channels] + columns[i + 2 * channels] + 4 * here[i + channels];
      smooth[i] = static_cast<std::uint8_t>((2 * total + 13) / 26);  // total / 13 to the nearest
    }
    blend(smooth.data(), image.row(y) + channels, inner, factor);
  }
}

void posterize(ByteImage& image, int bits) {
  const int mask = ~((1 << (8 - bits)) - 1);
  map_values(image, tabulate([&](int value) { return to_byte(value & mask); }));
}

void solarize(ByteImage& image, double threshold) {
  map_values(image, tabulate([&](int value) { return to_byte(value < threshold ? value : 255 - value); }));
}

void solarize_add(ByteImage& image, int amount) {
  map_values(image,
             tabulate([&](int value) { return to_byte(value < kValues / 2 ? value + amount : value); }));
}

void invert(ByteImage& image) {
  map_values(image, tabulate([](int value) { return to_byte(kValues - 1 - value); }));
}

void autocontrast(ByteImage& image) { map_channels(image, stretch); }

void equalize(ByteImage& image) { map_channels(image, flatten); }

}  // namespace spin
