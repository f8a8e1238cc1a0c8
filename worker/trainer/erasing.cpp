#include "worker/trainer/erasing.h"

#include <cmath>

namespace spin {
namespace {

constexpr double kLeastArea = 0.02;  // share of the image's
constexpr double kGreatestArea = 1.0 / 3;
constexpr double kLeastAspect = 0.3;  // height / width; the greatest is its inverse
constexpr int kTries = 10;

/// Upper left corner uniform over where a part of `part` pixels fits into `size`.
std::int64_t draw_corner(Random& random, std::int64_t part, std::int64_t size) {
  return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(size - part + 1)));
}

/// 0 from `begin` to before `end`, both [N, 1], 1 elsewhere: [N, size] float.
torch::Tensor outside(const torch::Tensor& begin, const torch::Tensor& end, std::int64_t size) {
  const auto positions = torch::arange(size, begin.options());
  return positions.lt(begin).logical_or_(positions.ge(end)).to(torch::kFloat);
}

void erase_to_noise(const torch::Tensor& images, double probability, Random& random) {
  for (std::int64_t i = 0; i < images.size(0); ++i) {
    const auto erased = draw_erasure(random, probability, images.size(2), images.size(3));
    if (!erased) continue;
    images[i].narrow(1, erased->top, erased->height).narrow(2, erased->left, erased->width).normal_();
  }
}

}  // namespace

std::optional<Rectangle> draw_erasure(Random& random, double probability, std::int64_t height,
                                      std::int64_t width) {
  if (!random.chance(probability)) return std::nullopt;
  const double log_aspect = std::log(kLeastAspect);
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const double area = random.uniform(kLeastArea, kGreatestArea) * static_cast<double>(height * width);
    const double aspect = std::exp(random.uniform(log_aspect, -log_aspect));
    const auto rows = std::llround(std::sqrt(area * aspect));
    const auto columns = std::llround(std::sqrt(area / aspect));
    if (rows >= height || columns >= width) continue;
    const auto top = draw_corner(random, rows, height);
    return Rectangle{top, draw_corner(random, columns, width), rows, columns};
  }
  return std::nullopt;
}

void erase_randomly(const torch::Tensor& images, double probability, Erase mode, Random& random) {
  if (mode == Erase::pixel) return erase_to_noise(images, probability, random);
  const auto count = images.size(0);
  const auto height = images.size(2);
  const auto width = images.size(3);
  // Pinned, so that the copy to a GPU does not wait for the work before it.
  auto bounds =
      torch::zeros({4, count, 1}, torch::TensorOptions(torch::kInt).pinned_memory(images.is_cuda()));
  auto bound = bounds.accessor<std::int32_t, 3>();  // top, bottom, left, right
  for (std::int64_t i = 0; i < count; ++i) {
    const auto erased = draw_erasure(random, probability, height, width);
    if (!erased) continue;
    bound[0][i][0] = static_cast<std::int32_t>(erased->top);
    bound[1][i][0] = static_cast<std::int32_t>(erased->top + erased->height);
    bound[2][i][0] = static_cast<std::int32_t>(erased->left);
    bound[3][i][0] = static_cast<std::int32_t>(erased->left + erased->width);
  }
  const auto there = bounds.to(images.device(), /*non_blocking=*/true);
  const auto rows = outside(there[0], there[1], height).view({count, 1, height, 1});
  const auto columns = outside(there[2], there[3], width).view({count, 1, 1, width});
  images.mul_(torch::maximum(rows, columns));  // arithmetic on floats is vectorised, that on masks is not
}

}  // namespace spin
