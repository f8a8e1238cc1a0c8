// RandAugment: torchvision's table of strengths, what is drawn, and images of any size.
#include "worker/trainer/randaugment.h"

#include <cmath>
#include <functional>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "worker/trainer/image_geometry.h"
#include "worker/trainer/image_tones.h"

namespace spin {
namespace {

/// Values of 0 to 254, smooth with some noise.
ByteImage picture(int width, int height, int channels) {
  ByteImage image{width, height, channels, {}};
  Random random(1, RandomUse::synthetic);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int channel = 0; channel < channels; ++channel)
        image.pixels.push_back(static_cast<std::uint8_t>(x * (channel + 2) % 100 + y % 120 +
                                                         static_cast<int>(random.below(36))));
  return image;
}

ByteImage augmented(ByteImage image, Augmentation operation, int magnitude, bool negative = false) {
  augment(image, operation, magnitude, negative);
  return image;
}

template <class Operation, class... Arguments>
ByteImage after(Operation operation, ByteImage image, Arguments... arguments) {
  operation(image, arguments...);
  return image;
}

std::vector<Augmentation> all_operations() {
  std::vector<Augmentation> all;
  for (int i = 0; i < kAugmentations; ++i) all.push_back(static_cast<Augmentation>(i));
  return all;
}

TEST(RandAugment, MagnitudeZeroChangesNothing) {
  for (const int channels : {1, 3})
    for (const auto operation : all_operations()) {
      if (operation == Augmentation::autocontrast || operation == Augmentation::equalize) continue;
      const auto image = picture(40, 30, channels);
      EXPECT_EQ(augmented(image, operation, 0), image) << static_cast<int>(operation);
      EXPECT_EQ(augmented(image, operation, 0, true), image) << static_cast<int>(operation);
    }
}

TEST(RandAugment, GreatestMagnitudeIsTheTablesEnd) {
  const auto image = picture(331, 33, 3);
  const auto check = [&](Augmentation operation, const ByteImage& forward, const ByteImage& backward) {
    EXPECT_EQ(augmented(image, operation, 30, false), forward) << static_cast<int>(operation);
    EXPECT_EQ(augmented(image, operation, 30, true), backward) << static_cast<int>(operation);
  };
  check(Augmentation::shear_x, after(shear_x, image, 0.3, kBlack), after(shear_x, image, -0.3, kBlack));
  check(Augmentation::shear_y, after(shear_y, image, 0.3, kBlack), after(shear_y, image, -0.3, kBlack));
  check(Augmentation::translate_x, after(translate, image, 150, 0, kBlack),
        after(translate, image, -150, 0, kBlack));
  check(Augmentation::translate_y, after(translate, image, 0, 14, kBlack),
        after(translate, image, 0, -14, kBlack));  // 14.95
  check(Augmentation::rotate, after(rotate, image, 30.0, kBlack), after(rotate, image, -30.0, kBlack));
  check(Augmentation::brightness, after(adjust_brightness, image, 1.9F),
        after(adjust_brightness, image, 0.1F));
  check(Augmentation::colour, after(adjust_colour, image, 1.9F), after(adjust_colour, image, 0.1F));
  check(Augmentation::contrast, after(adjust_contrast, image, 1.9F), after(adjust_contrast, image, 0.1F));
  check(Augmentation::sharpness, after(adjust_sharpness, image, 1.9F), after(adjust_sharpness, image, 0.1F));
  EXPECT_EQ(augmented(image, Augmentation::posterize, 30), after(posterize, image, 4));
  EXPECT_EQ(augmented(image, Augmentation::solarize, 30), after(solarize, image, 0.0));
}

TEST(RandAugment, StrengthGrowsInThirtySteps) {
  const auto image = picture(331, 50, 1);
  EXPECT_EQ(augmented(image, Augmentation::translate_x, 9), after(translate, image, 45, 0, kBlack));
  EXPECT_EQ(augmented(image, Augmentation::rotate, 9), after(rotate, image, 9.0, kBlack));
  EXPECT_EQ(augmented(image, Augmentation::brightness, 10), after(adjust_brightness, image, 1.3F));
  EXPECT_EQ(augmented(image, Augmentation::solarize, 10), after(solarize, image, 170.0));
  // 8 - round(magnitude / 7.5)
  for (const auto& [magnitude, bits] :
       std::map<int, int>{{3, 8}, {4, 7}, {11, 7}, {12, 6}, {18, 6}, {19, 5}, {27, 4}})
    EXPECT_EQ(augmented(image, Augmentation::posterize, magnitude), after(posterize, image, bits))
        << magnitude;
}

TEST(RandAugment, KeepsTheSizeOfImagesOfAnyShape) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 2}, {2, 1}, {3, 500}, {500, 3}, {2, 2}})
    for (const int channels : {1, 3})
      for (const auto operation : all_operations())
        for (const int magnitude : {0, 1, 15, 30})
          for (const bool negative : {false, true}) {
            const auto image = augmented(picture(width, height, channels), operation, magnitude, negative);
            EXPECT_EQ(image.width, width);
            EXPECT_EQ(image.height, height);
            EXPECT_EQ(image.pixels.size(), static_cast<std::size_t>(width * height * channels));
          }
}

TEST(RandAugment, LayersFollowEachOther) {
  const auto image = picture(32, 32, 3);
  for (int seed = 0; seed < 20; ++seed) {
    Random together(seed, RandomUse::randaugment);
    Random alone(seed, RandomUse::randaugment);
    auto twice = image;
    rand_augment(twice, {2, 9}, {}, together);
    auto once_each = image;
    rand_augment(once_each, {1, 9}, {}, alone);
    rand_augment(once_each, {1, 9}, {}, alone);
    EXPECT_EQ(twice, once_each) << seed;
  }
}

TEST(RandAugment, DependsOnNothingButTheRandomStream) {
  const auto image = picture(32, 32, 3);
  const auto drawn = [&](int seed, int epoch, int index) {
    Random random(seed, RandomUse::randaugment, epoch, index);
    return after(rand_augment, image, RandAugment{4, 20}, Colour{}, std::ref(random));
  };
  EXPECT_EQ(drawn(5, 1, 7), drawn(5, 1, 7));
  EXPECT_NE(drawn(5, 1, 7), drawn(5, 1, 8));
  EXPECT_NE(drawn(5, 1, 7), drawn(5, 2, 7));
  EXPECT_NE(drawn(5, 1, 7), drawn(6, 1, 7));
}

TEST(RandAugment, DrawsEachOperationAndDirectionEquallyOften) {
  const auto image = picture(24, 20, 3);
  const auto pixels_of = [](const ByteImage& result) {
    return std::string(result.pixels.begin(), result.pixels.end());
  };
  std::map<std::string, std::string> name_of;  // by what an operation makes of the image
  std::map<std::string, double> expected;      // share of the draws
  for (const auto operation : all_operations())
    for (const bool negative : {false, true}) {
      if (negative && !is_signed(operation)) continue;
      const auto name = std::to_string(static_cast<int>(operation)) + (negative ? "-" : "+");
      ASSERT_TRUE(name_of.emplace(pixels_of(augmented(image, operation, 20, negative)), name).second) << name;
      expected[name] = 1.0 / kAugmentations / (is_signed(operation) ? 2 : 1);
    }
  constexpr int kDraws = 7000;
  std::map<std::string, int> count;
  Random random(3, RandomUse::randaugment);
  for (int i = 0; i < kDraws; ++i)
    ++count[name_of.at(
        pixels_of(after(rand_augment, image, RandAugment{1, 20}, Colour{}, std::ref(random))))];
  for (const auto& [name, share] : expected)
    EXPECT_NEAR(count[name], kDraws * share, 5 * std::sqrt(kDraws * share)) << name;
}

}  // namespace
}  // namespace spin
