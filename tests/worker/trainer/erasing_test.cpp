// Random Erasing: the rectangles that are drawn, and batches against a per-image reference.
#include "worker/trainer/erasing.h"

#include <cmath>

#include <gtest/gtest.h>

namespace spin {
namespace {

Random stream(std::int64_t step = 0) { return Random(1, RandomUse::erasing, step); }

TEST(DrawErasure, HappensWithItsProbability) {
  auto random = stream();
  int erased = 0;
  for (int i = 0; i < 4000; ++i) {
    EXPECT_FALSE(draw_erasure(random, 0, 32, 32));
    EXPECT_TRUE(draw_erasure(random, 1, 32, 32));
    erased += draw_erasure(random, 0.25, 32, 32) ? 1 : 0;
  }
  EXPECT_NEAR(erased, 1000, 5 * std::sqrt(4000 * 0.25 * 0.75));
}

TEST(DrawErasure, AreaAndAspectHaveTheirRangesAndMeans) {
  auto random = stream();
  constexpr int kErasings = 4000;
  double area_sum = 0;
  double log_aspect_sum = 0;
  for (int i = 0; i < kErasings; ++i) {
    const auto erased = draw_erasure(random, 1, 1000, 1000);
    ASSERT_TRUE(erased);
    const auto height = static_cast<double>(erased->height);
    const auto width = static_cast<double>(erased->width);
    const double area = height * width / 1e6;
    const double aspect = height / width;
    EXPECT_TRUE(area > 0.0195 && area < 0.3345) << area;
    EXPECT_TRUE(aspect > 0.295 && aspect < 3.39) << aspect;
    area_sum += area / kErasings;
    log_aspect_sum += std::log(aspect) / kErasings;
  }
  // Uniform in [0.02, 1/3], less the few of great area and extreme aspect that do not fit.
  EXPECT_NEAR(area_sum, (0.02 + 1.0 / 3) / 2, 0.01);
  EXPECT_NEAR(log_aspect_sum, 0, 5 * std::log(1 / 0.3) / std::sqrt(3 * kErasings));
}

TEST(DrawErasure, LiesInImagesOfAnyShape) {
  auto random = stream();
  for (const auto& [height, width] : {std::pair{1, 1}, {1, 9}, {2, 2}, {3, 500}, {500, 3}, {28, 28}})
    for (int i = 0; i < 500; ++i) {
      const auto erased = draw_erasure(random, 1, height, width);
      if (!erased) continue;
      ASSERT_TRUE(erased->top >= 0 && erased->left >= 0 && erased->height >= 0 && erased->width >= 0);
      ASSERT_TRUE(erased->top + erased->height <= height && erased->left + erased->width <= width);
    }
}

TEST(DrawErasure, ReachesEveryCornerOfTheImage) {
  auto random = stream();
  bool top_left = false;
  bool bottom_right = false;
  for (int i = 0; i < 4000; ++i) {
    const auto erased = *draw_erasure(random, 1, 8, 8);
    top_left = top_left || (erased.top == 0 && erased.left == 0);
    bottom_right = bottom_right || (erased.top + erased.height == 8 && erased.left + erased.width == 8);
  }
  EXPECT_TRUE(top_left && bottom_right);
}

TEST(EraseRandomly, EqualsThePerImageReference) {
  for (const auto& [channels, height, width] : {std::tuple{3, 16, 16}, {1, 28, 28}, {3, 9, 40}, {1, 1, 1}})
    for (const double probability : {0.25, 1.0}) {
      torch::manual_seed(2);
      const auto images =
          torch::randn({20, channels, height, width}).contiguous(torch::MemoryFormat::ChannelsLast);
      auto expected = images.clone();
      auto reference_random = stream();
      for (int i = 0; i < 20; ++i)
        if (const auto erased = draw_erasure(reference_random, probability, height, width))
          for (int c = 0; c < channels; ++c)
            for (auto y = erased->top; y < erased->top + erased->height; ++y)
              for (auto x = erased->left; x < erased->left + erased->width; ++x) expected[i][c][y][x] = 0;
      auto random = stream();
      erase_randomly(images, probability, Erase::zero, random);
      EXPECT_TRUE(images.equal(expected)) << channels << 'x' << height << 'x' << width << ' ' << probability;
      EXPECT_TRUE(images.is_contiguous(torch::MemoryFormat::ChannelsLast));
    }
}

TEST(EraseRandomly, PixelModePutsNoiseWhereZeroModePutsNothing) {
  torch::manual_seed(2);
  const auto plain = torch::full({200, 3, 32, 32}, 7.0F).contiguous(torch::MemoryFormat::ChannelsLast);
  const auto erased = [&](Erase mode, std::uint64_t seed) {
    torch::manual_seed(seed);
    auto images = plain.clone();
    auto random = stream();
    erase_randomly(images, 0.5, mode, random);
    return images;
  };
  const auto noisy = erased(Erase::pixel, 5);
  const auto inside = erased(Erase::zero, 5).eq(0);
  EXPECT_TRUE(noisy.ne(7).equal(inside)) << "the same rectangles";
  const auto noise = noisy.masked_select(inside);
  const auto count = static_cast<double>(noise.numel());
  ASSERT_GT(count, 10'000);
  EXPECT_NEAR(noise.mean().item<double>(), 0, 5 / std::sqrt(count));
  EXPECT_NEAR(noise.std().item<double>(), 1, 5 / std::sqrt(2 * count));
  EXPECT_TRUE(noisy.equal(erased(Erase::pixel, 5)));
  EXPECT_FALSE(noisy.equal(erased(Erase::pixel, 6))) << "from the generator";
}

TEST(EraseRandomly, DependsOnNothingButTheRandomStream) {
  const auto erased = [](std::int64_t step) {
    auto random = stream(step);
    const auto images = torch::ones({8, 1, 16, 16});
    erase_randomly(images, 0.5, Erase::zero, random);
    return images;
  };
  EXPECT_TRUE(erased(3).equal(erased(3)));
  EXPECT_FALSE(erased(3).equal(erased(4)));
}

}  // namespace
}  // namespace spin
