#include "worker/trainer/data/resize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace spin {
namespace {

// A weight of 1. Weights have 16 bits, so that the compiler multiplies eight at a time even with SSE2 alone.
constexpr int kWeightBits = 14;
constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

/// The input pixels that an output pixel is made of, along one axis.
struct Taps {
  int first = 0;
  std::vector<std::int16_t> weights;  // their sum is 1 << kWeightBits
};

/// Weights of the triangle around `centre`, in the pixels from `begin` to `end`.
Taps taps_around(double centre, double support, int begin, int end) {
  const int first = std::clamp(static_cast<int>(std::floor(centre - support + 0.5)), begin, end - 1);
  const int last = std::clamp(static_cast<int>(std::floor(centre + support + 0.5)), first + 1, end);
  std::vector<double> exact;
  double sum = 0;
  for (int i = first; i < last; ++i)
    sum += exact.emplace_back(std::max(0.0, 1 - std::abs(i + 0.5 - centre) / support));
  Taps taps{first, {}};
  std::int32_t rest = 1 << kWeightBits;
  for (const double weight : exact)
    rest -= taps.weights.emplace_back(
        sum > 0 ? static_cast<std::int16_t>(std::lround(weight / sum * (1 << kWeightBits))) : 0);
  auto& most = *std::max_element(taps.weights.begin(), taps.weights.end());
  most = static_cast<std::int16_t>(most + rest);  // what rounding left over
  return taps;
}

/// Taps of `count` output pixels over `size` input pixels from `start` on, of which `limit` exist.
std::vector<Taps> taps_of_axis(double start, double size, int limit, int count) {
  const double scale = size / count;
  const double support = std::max(1.0, scale);
  const int begin = std::clamp(static_cast<int>(std::floor(start)), 0, limit - 1);
  const int end = std::clamp(static_cast<int>(std::ceil(start + size)), begin + 1, limit);
  std::vector<Taps> taps;
  taps.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) taps.push_back(taps_around(start + (i + 0.5) * scale, support, begin, end));
  return taps;
}

/// row[i] = the weighted sum of `taps` rows of the image at byte i, for bytes [begin, end).
void blend_rows(const ByteImage& image, const Taps& taps, std::size_t begin, std::size_t end,
                std::vector<std::int32_t>& sums, std::uint8_t* row) {
  auto* sum = sums.data();
  std::fill(sums.begin(), sums.end(), kHalf);
  for (std::size_t t = 0; t < taps.weights.size(); ++t) {
    const auto weight = taps.weights[t];
    const auto* source = image.row(taps.first + static_cast<int>(t));
    for (std::size_t i = begin; i < end; ++i) sum[i] += static_cast<std::int16_t>(source[i]) * weight;
  }
  for (std::size_t i = begin; i < end; ++i) row[i] = static_cast<std::uint8_t>(sum[i] >> kWeightBits);
}

template <int kChannels>
void blend_columns(const std::uint8_t* row, const std::vector<Taps>& columns, std::uint8_t* out) {
  for (const auto& taps : columns) {
    std::int32_t sum[kChannels];
    std::fill_n(sum, kChannels, kHalf);
    const auto* pixel = row + static_cast<std::size_t>(taps.first) * kChannels;
    for (const auto weight : taps.weights)
      for (int c = 0; c < kChannels; ++c) sum[c] += *pixel++ * weight;
    for (int c = 0; c < kChannels; ++c) *out++ = static_cast<std::uint8_t>(sum[c] >> kWeightBits);
  }
}

bool is_whole(const ByteImage& image, const View& view) {
  return view.box.left == 0 && view.box.top == 0 && view.box.width == image.width &&
         view.box.height == image.height && view.width == image.width && view.height == image.height;
}

}  // namespace

ByteImage resize(const ByteImage& image, const View& view) {
  if (is_whole(image, view)) return image;
  const auto columns = taps_of_axis(view.box.left, view.box.width, image.width, view.width);
  const auto rows = taps_of_axis(view.box.top, view.box.height, image.height, view.height);
  const auto channels = static_cast<std::size_t>(image.channels);
  const auto begin = static_cast<std::size_t>(columns.front().first) * channels;
  const auto& right = columns.back();
  const auto end = (static_cast<std::size_t>(right.first) + right.weights.size()) * channels;
  ByteImage out{view.width, view.height, image.channels, {}};
  out.pixels.resize(out.row_bytes() * static_cast<std::size_t>(view.height));
  std::vector<std::int32_t> sums(image.row_bytes());
  std::vector<std::uint8_t> row(image.row_bytes());
  for (int y = 0; y < view.height; ++y) {
    blend_rows(image, rows[static_cast<std::size_t>(y)], begin, end, sums, row.data());
    if (channels == 1)
      blend_columns<1>(row.data(), columns, out.row(y));
    else
      blend_columns<3>(row.data(), columns, out.row(y));
  }
  return out;
}

}  // namespace spin
