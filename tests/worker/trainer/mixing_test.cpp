// MixUp and CutMix: what is drawn, and batches against a per-image reference in plain loops.
#include "worker/trainer/mixing.h"

#include <cmath>

#include <gtest/gtest.h>

namespace spin {
namespace {

constexpr std::int64_t kClasses = 7;

torch::Tensor some_images(std::int64_t count, std::int64_t channels = 3, std::int64_t size = 8) {
  torch::manual_seed(4);
  return torch::randn({count, channels, size, size}).contiguous(torch::MemoryFormat::ChannelsLast);
}

torch::Tensor some_labels(std::int64_t count) { return torch::arange(count).mul(3).remainder(kClasses); }

Mixture drawn(std::int64_t step, double mixup, double cutmix, std::int64_t height = 32,
              std::int64_t width = 32) {
  Random random(1, RandomUse::mixing, step);
  return draw_mixture(random, mixup, cutmix, height, width);
}

TEST(DrawMixture, TakesOneOfTheTwoForEachBatch) {
  int cut = 0;
  for (int step = 0; step < 1000; ++step) {
    EXPECT_FALSE(drawn(step, 0.5, 0).patch);
    EXPECT_TRUE(drawn(step, 0, 0.5).patch);
    cut += drawn(step, 0.5, 0.5).patch ? 1 : 0;
  }
  EXPECT_NEAR(cut, 500, 5 * std::sqrt(250));
}

TEST(DrawMixture, EachMethodHasAlphaOfItsOwn) {
  double spread_of_mixup = 0;
  double spread_of_cutmix = 0;
  for (int step = 0; step < 1000; ++step) {
    const auto mixture = drawn(step, 50, 0.1);
    (mixture.patch ? spread_of_cutmix : spread_of_mixup) += std::abs(mixture.own - 0.5) / 500;
  }
  EXPECT_LT(spread_of_mixup, 0.08);  // the deviation of Beta(50, 50) is 0.05
  EXPECT_GT(spread_of_cutmix, 0.2);  // almost half of the draws of Beta(0.1, 0.1) lie close to 1
}

TEST(DrawMixture, DependsOnNothingButTheRandomStream) {
  for (int step = 0; step < 20; ++step) {
    const auto mixture = drawn(step, 1, 1);
    EXPECT_EQ(mixture.own, drawn(step, 1, 1).own);
    EXPECT_EQ(mixture.patch, drawn(step, 1, 1).patch);
    EXPECT_NE(mixture.own, drawn(step + 1, 1, 1).own);
  }
}

TEST(DrawMixture, PatchLiesInTheImageAndTheLabelsWeightIsWhatItLeaves) {
  for (const auto& [height, width] : {std::pair{1, 1}, {2, 2}, {3, 500}, {500, 3}, {32, 32}, {224, 112}})
    for (int step = 0; step < 300; ++step) {
      const auto mixture = drawn(step, 0, 1, height, width);
      const auto& patch = *mixture.patch;
      ASSERT_TRUE(patch.top >= 0 && patch.left >= 0 && patch.height >= 0 && patch.width >= 0);
      ASSERT_TRUE(patch.top + patch.height <= height && patch.left + patch.width <= width);
      EXPECT_DOUBLE_EQ(mixture.own * height * width, height * width - patch.height * patch.width);
    }
}

TEST(DrawMixture, PatchHasTheImagesProportions) {
  for (int step = 0; step < 300; ++step) {
    const auto patch = *drawn(step, 0, 1, 400, 200).patch;
    const bool cut_off = patch.top == 0 || patch.left == 0 || patch.top + patch.height == 400 ||
                         patch.left + patch.width == 200;
    if (!cut_off) {
      EXPECT_NEAR(static_cast<double>(patch.height), 2.0 * static_cast<double>(patch.width), 4);
    }
  }
}

/// timm's Mixup(mode='batch') on float, an image and a pixel at a time.
torch::Tensor reference_images(const torch::Tensor& images, const Mixture& mixture) {
  auto mixed = images.clone();
  const auto own = images.accessor<float, 4>();
  auto result = mixed.accessor<float, 4>();
  const auto [count, channels, height, width] =
      std::tuple{images.size(0), images.size(1), images.size(2), images.size(3)};
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x) {
          const double other = own[count - 1 - i][c][y][x];
          double value = mixture.own * own[i][c][y][x] + (1 - mixture.own) * other;
          if (const auto& patch = mixture.patch) {
            const bool inside = y >= patch->top && y < patch->top + patch->height && x >= patch->left &&
                                x < patch->left + patch->width;
            value = inside ? other : own[i][c][y][x];
          }
          result[i][c][y][x] = static_cast<float>(value);
        }
  return mixed;
}

/// timm's mixup_target: labels smoothed first, then mixed. [N, classes] double
torch::Tensor reference_targets(const torch::Tensor& labels, double own, double smoothing) {
  const auto count = labels.size(0);
  auto targets = torch::zeros({count, kClasses}, torch::kDouble);
  auto target = targets.accessor<double, 2>();
  const auto smoothed = [&](std::int64_t image, std::int64_t k) {
    return (labels[image].item<std::int64_t>() == k ? 1 - smoothing : 0) + smoothing / kClasses;
  };
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t k = 0; k < kClasses; ++k)
      target[i][k] = own * smoothed(i, k) + (1 - own) * smoothed(count - 1 - i, k);
  return targets;
}

std::vector<Mixture> some_mixtures() {
  return {{0.3, std::nullopt},
          {0.9, std::nullopt},
          {0, std::nullopt},
          {1, std::nullopt},
          {0.8125, Rectangle{1, 2, 3, 4}},
          {0, Rectangle{0, 0, 8, 8}},
          {1, Rectangle{5, 8, 3, 0}},
          {0.984375, Rectangle{7, 7, 1, 1}}};
}

TEST(MixBatch, EqualsThePerImageReference) {
  for (const std::int64_t count : {6, 5, 1})
    for (const std::int64_t channels : {1, 3})
      for (const auto& mixture : some_mixtures()) {
        const auto images = some_images(count, channels);
        const auto expected = reference_images(images, mixture);
        const auto targets = mix_batch(images, some_labels(count), kClasses, mixture);
        EXPECT_TRUE(torch::allclose(images, expected, 1e-5, 1e-6)) << count << ' ' << mixture.own;
        EXPECT_TRUE(images.is_contiguous(torch::MemoryFormat::ChannelsLast));
        EXPECT_EQ(targets.scalar_type(), torch::kFloat);
        EXPECT_TRUE(torch::allclose(targets.to(torch::kDouble),
                                    reference_targets(some_labels(count), mixture.own, 0), 1e-6, 1e-7));
      }
}

TEST(MixBatch, OfOneClassKeepsItsLabelWhole) {
  const auto labels = torch::full({4}, 2, torch::kLong);
  const auto targets = mix_batch(some_images(4), labels, kClasses, {0.3, std::nullopt});
  EXPECT_TRUE(torch::allclose(targets, torch::one_hot(labels, kClasses).to(torch::kFloat)));
}

torch::Tensor loss_of(const torch::Tensor& logits, const torch::Tensor& targets, double smoothing) {
  return torch::cross_entropy_loss(logits, targets, {}, at::Reduction::Mean, -100, smoothing);
}

TEST(MixBatch, TargetsGiveTheSoftCrossEntropy) {
  const auto labels = some_labels(6);
  const auto logits = torch::randn({6, kClasses}, torch::kDouble);
  for (const double own : {0.0, 0.3, 0.75})
    for (const double smoothing : {0.0, 0.1}) {
      const auto targets =
          mix_batch(some_images(6), labels, kClasses, {own, std::nullopt}).to(torch::kDouble);
      const auto log_share = logits - logits.exp().sum(1, /*keepdim=*/true).log();
      const auto expected = -(reference_targets(labels, own, smoothing) * log_share).sum() / 6;
      EXPECT_NEAR(loss_of(logits, targets, smoothing).item<double>(), expected.item<double>(), 1e-6);
    }
}

TEST(MixBatch, UnmixedTargetsGiveTheLossAndTheGradientOfLabels) {
  const auto labels = some_labels(6);
  const auto targets = mix_batch(some_images(6), labels, kClasses, {1, std::nullopt});
  const auto soft = torch::randn({6, kClasses}).set_requires_grad(true);
  const auto hard = soft.detach().clone().set_requires_grad(true);
  const auto soft_loss = loss_of(soft, targets, 0.1);
  const auto hard_loss = loss_of(hard, labels, 0.1);
  soft_loss.backward();
  hard_loss.backward();
  EXPECT_NEAR(soft_loss.item<double>(), hard_loss.item<double>(), 1e-5);
  EXPECT_TRUE(torch::allclose(soft.grad(), hard.grad(), 1e-4, 1e-6));
}

}  // namespace
}  // namespace spin
