// Views, padded crops and flips: where they lie, how often they come, and that the key alone decides.
#include "worker/trainer/data/image_transform.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "tests/worker/trainer/data/image_writers.h"
#include "worker/trainer/data/crop_view.h"

namespace spin {
namespace {

TEST(CropView, TheCentreIsSevenEighthsOfTheShorterSide) {
  const auto view = centre_view(512, 384, 224);  // as resized so that 384 becomes 256
  EXPECT_DOUBLE_EQ(view.box.width, 336);
  EXPECT_DOUBLE_EQ(view.box.height, 336);
  EXPECT_DOUBLE_EQ(view.box.left, 88);
  EXPECT_DOUBLE_EQ(view.box.top, 24);
  EXPECT_EQ(view.width, 224);
}

TEST(CropView, RandomPartsLieInsideWithTheirShareAndRatio) {
  Random random(1, RandomUse::crop);
  double shares = 0;
  int wide = 0;
  constexpr int kDraws = 2000;
  for (int i = 0; i < kDraws; ++i) {
    const auto box = random_resized_view(500, 375, 224, 0.08, random).box;
    EXPECT_TRUE(box.left >= 0 && box.top >= 0 && box.left + box.width <= 500 && box.top + box.height <= 375);
    const double ratio = box.width / box.height;
    EXPECT_GT(ratio, 0.75 * 0.95);
    EXPECT_LT(ratio, 4.0 / 3 * 1.05);
    wide += ratio > 1;
    shares += box.width * box.height / (500 * 375);
  }
  // Uniform in [0.08, 1] would give 0.54, but large parts of a tall shape do not fit and are drawn again:
  // over the pairs that fit, the mean share is 0.432, and 0.580 of them are wide.
  EXPECT_NEAR(shares / kDraws, 0.432, 0.02);
  EXPECT_NEAR(static_cast<double>(wide) / kDraws, 0.580, 0.04);
}

TEST(CropView, ShapesThatNothingFitsIntoGiveTheirMiddle) {
  Random random(1, RandomUse::crop);
  const auto flat = random_resized_view(1000, 10, 224, 0.9, random).box;
  EXPECT_EQ(flat.width, 13);
  EXPECT_EQ(flat.height, 10);
  EXPECT_EQ(flat.left, 493);
  const auto tall = random_resized_view(9, 1000, 224, 0.9, random).box;
  EXPECT_EQ(tall.width, 9);
  EXPECT_EQ(tall.height, 12);
  const auto dot = random_resized_view(1, 1, 224, 0.08, random).box;
  EXPECT_EQ(dot.width, 1);
  EXPECT_EQ(dot.height, 1);
}

/// A source of one image in memory, and what becomes of it.
class Transforms : public ::testing::Test {
 protected:
  static constexpr int kSide = 12;
  ByteImage apply(const ImageTransform& transform, ImageKey key) {
    ByteImage out{transform.resolution, transform.resolution, 3, {}};
    out.pixels.resize(out.row_bytes() * static_cast<std::size_t>(out.height));
    EXPECT_TRUE(transform_image(source_, 0, transform, key, out.pixels.data()).ok());
    return out;
  }
  /// Column and row that the image's pixel at the middle shows, found by its colour; black where none.
  const ByteImage image_ = gradient_image(kSide, kSide);
  const MemoryImages source_{
      std::shared_ptr<const std::uint8_t>(std::shared_ptr<void>(), image_.pixels.data()), 1, kSide, kSide, 3};
};

ImageTransform plain(int resolution) {
  ImageTransform transform;
  transform.resolution = resolution;
  return transform;
}

TEST_F(Transforms, NothingAskedForChangesNothing) { EXPECT_EQ(apply(plain(kSide), {1, 0}), image_); }

TEST_F(Transforms, FlipMirrorsEveryRowAsOftenAsAsked) {
  auto transform = plain(kSide);
  transform.flip = 0.25;
  int flipped = 0;
  for (int epoch = 1; epoch <= 1000; ++epoch) {
    const auto out = apply(transform, {epoch, 0});
    if (out == image_) continue;
    ++flipped;
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x)
        for (int c = 0; c < 3; ++c) ASSERT_EQ(out.row(y)[x * 3 + c], image_.row(y)[(kSide - 1 - x) * 3 + c]);
  }
  EXPECT_NEAR(flipped, 250, 50);
}

TEST_F(Transforms, PaddedCropsMoveThePictureAndFillWithBlack) {
  auto transform = plain(kSide);
  transform.crop = Crop::padded;
  transform.crop_padding = 2;
  std::set<std::pair<int, int>> shifts;
  for (int epoch = 1; epoch <= 300; ++epoch) {
    const auto out = apply(transform, {epoch, 0});
    int matches = 0;
    for (int down = -2; down <= 2; ++down)
      for (int right = -2; right <= 2; ++right) {
        bool same = true;
        for (int y = 0; y < kSide && same; ++y)
          for (int x = 0; x < kSide && same; ++x) {
            const bool inside = x - right >= 0 && x - right < kSide && y - down >= 0 && y - down < kSide;
            for (int c = 0; c < 3; ++c)
              same =
                  same && out.row(y)[x * 3 + c] == (inside ? image_.row(y - down)[(x - right) * 3 + c] : 0);
          }
        matches += same;
        if (same) shifts.insert({right, down});
      }
    ASSERT_EQ(matches, 1) << epoch;
  }
  EXPECT_EQ(shifts.size(), 25U);
}

TEST_F(Transforms, PaddingWiderThanTheImageMayLeaveItBlack) {
  auto transform = plain(kSide);
  transform.crop = Crop::padded;
  transform.crop_padding = 1000;
  int black = 0;
  for (int epoch = 1; epoch <= 100; ++epoch) {
    const auto out = apply(transform, {epoch, 0});
    black += std::all_of(out.pixels.begin(), out.pixels.end(), [](auto value) { return value == 0; });
  }
  EXPECT_GT(black, 90);
}

TEST_F(Transforms, RandomResizedCropsDependOnTheKeyAlone) {
  auto transform = plain(20);
  transform.crop = Crop::random_resized;
  transform.crop_scale = 0.08;
  transform.flip = 0.5;
  const auto first = apply(transform, {1, 0});
  EXPECT_EQ(first, apply(transform, {1, 0}));
  EXPECT_NE(first, apply(transform, {2, 0}));
  EXPECT_NE(first, apply(transform, {1, 5}));
  transform.seed = 1;
  EXPECT_NE(first, apply(transform, {1, 0}));
}

TEST_F(Transforms, TheChangeComesLastWithNumbersOfItsOwn) {
  auto transform = plain(kSide);
  std::vector<std::uint64_t> draws;
  transform.change = [&](ByteImage& image, Random& random) {
    draws.push_back(random.next());
    image.pixels[0] = 77;
  };
  EXPECT_EQ(apply(transform, {3, 4}).pixels[0], 77);
  EXPECT_EQ(draws[0], Random(0, RandomUse::randaugment, 3, 4).next());
}

}  // namespace
}  // namespace spin
