#include "worker/trainer/mixing.h"

#include <algorithm>
#include <cmath>

#include "worker/trainer/beta.h"

namespace spin {
namespace {

struct Interval {
  std::int64_t begin = 0;
  std::int64_t length = 0;
};

/// `length` pixels about `middle`, cut off at 0 and `size`; odd lengths lose one pixel, as in timm.
Interval cut(std::int64_t middle, std::int64_t length, std::int64_t size) {
  const auto begin = std::max<std::int64_t>(middle - length / 2, 0);
  const auto end = std::min(middle + length / 2, size);
  return {begin, end - begin};
}

Rectangle draw_patch(Random& random, double area_share, std::int64_t height, std::int64_t width) {
  const double side_share = std::sqrt(area_share);
  const auto draw = [&](std::int64_t size) {
    const auto middle = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(size)));
    return cut(middle, static_cast<std::int64_t>(static_cast<double>(size) * side_share), size);
  };
  const auto rows = draw(height);
  const auto columns = draw(width);
  return {rows.begin, columns.begin, rows.length, columns.length};
}

torch::Tensor part(const torch::Tensor& images, const Rectangle& where) {
  return images.narrow(2, where.top, where.height).narrow(3, where.left, where.width);
}

/// In place. (lerp_ would say it in one call; LibTorch 1.13 does not vectorise it.)
void blend_with_reverse(const torch::Tensor& batch, double own) {
  const auto reversed = batch.flip(0);
  batch.mul_(own).add_(reversed, 1 - own);
}

}  // namespace

Mixture draw_mixture(Random& random, double mixup, double cutmix, std::int64_t height, std::int64_t width) {
  const bool cuts = cutmix > 0 && (mixup <= 0 || random.chance(0.5));
  if (!cuts) return {sample_beta(random, mixup, mixup), std::nullopt};
  const double share = 1 - sample_beta(random, cutmix, cutmix);
  const auto patch = draw_patch(random, share, height, width);
  const auto area = static_cast<double>(patch.height * patch.width);
  return {1 - area / static_cast<double>(height * width), patch};
}

torch::Tensor mix_batch(const torch::Tensor& images, const torch::Tensor& labels, std::int64_t classes,
                        const Mixture& mixture) {
  if (mixture.patch) {
    auto pasted = part(images, *mixture.patch);  // [N, C, height, width]
    pasted.copy_(pasted.flip(0));
  } else {
    blend_with_reverse(images, mixture.own);
  }
  auto targets = torch::zeros({labels.size(0), classes}, images.options());
  targets.scatter_(1, labels.unsqueeze(1), 1);
  blend_with_reverse(targets, mixture.own);
  return targets;
}

}  // namespace spin
