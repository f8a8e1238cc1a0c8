// timm's rand-mM-mstdS-inc1: its table of strengths, and what is drawn.
#include "worker/trainer/increasing_augment.h"

#include <cmath>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "worker/trainer/image_tones.h"
#include "worker/trainer/randaugment.h"

namespace spin {
namespace {

constexpr Colour kCorner{9, 90, 190};

ByteImage noise_image() {
  ByteImage image{40, 30, 3, {}};
  Random random(1, RandomUse::synthetic);
  for (int i = 0; i < 40 * 30 * 3; ++i) image.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  return image;
}

ByteImage increased(IncreasingAugmentation operation, double magnitude, bool negative = false) {
  auto image = noise_image();
  augment(image, operation, magnitude, negative, kCorner);
  return image;
}

template <class Operation, class... Arguments>
ByteImage applied(Operation operation, Arguments... arguments) {
  auto image = noise_image();
  operation(image, arguments...);
  return image;
}

TEST(IncreasingAugment, StrengthsAreThoseOfTimmsTable) {
  using Op = IncreasingAugmentation;
  const auto check = [](Op operation, double magnitude, const ByteImage& forward, const ByteImage& backward) {
    EXPECT_EQ(increased(operation, magnitude), forward) << static_cast<int>(operation) << " at " << magnitude;
    EXPECT_EQ(increased(operation, magnitude, true), backward)
        << static_cast<int>(operation) << " at -" << magnitude;
  };
  for (const double m : {0.0, 4.5, 9.0, 10.0}) {
    const double share = m / 10;
    check(Op::rotate, m, applied(rotate, 30 * share, kCorner), applied(rotate, -30 * share, kCorner));
    check(Op::shear_x, m, applied(shear_x, 0.3 * share, kCorner), applied(shear_x, -0.3 * share, kCorner));
    check(Op::shear_y, m, applied(shear_y, 0.3 * share, kCorner), applied(shear_y, -0.3 * share, kCorner));
    const auto up = static_cast<float>(1 + 0.9 * share);
    const auto down = static_cast<float>(1 - 0.9 * share);
    check(Op::colour, m, applied(adjust_colour, up), applied(adjust_colour, down));
    check(Op::contrast, m, applied(adjust_contrast, up), applied(adjust_contrast, down));
    check(Op::brightness, m, applied(adjust_brightness, up), applied(adjust_brightness, down));
    check(Op::sharpness, m, applied(adjust_sharpness, up), applied(adjust_sharpness, down));
  }
  // 0.45 of 40 x 30 pixels is 18 x 13.5, of which 0.9 are 16.2 x 12.15.
  check(Op::translate_x, 10, applied(translate, -18, 0, kCorner), applied(translate, 18, 0, kCorner));
  check(Op::translate_y, 9, applied(translate, 0, -12, kCorner), applied(translate, 0, 12, kCorner));
  // 4 - int(4 m / 10) bits, 256 - int(256 m / 10) and above, int(110 m / 10) more.
  for (const auto& [magnitude, bits] : std::map<double, int>{{0, 4}, {2.4, 4}, {2.5, 3}, {9, 1}, {10, 0}})
    EXPECT_EQ(increased(Op::posterize, magnitude), applied(posterize, bits)) << magnitude;
  for (const auto& [magnitude, threshold] : std::map<double, double>{{0, 256}, {5, 128}, {9, 26}, {10, 0}})
    EXPECT_EQ(increased(Op::solarize, magnitude), applied(solarize, threshold)) << magnitude;
  EXPECT_EQ(increased(Op::solarize, 0), noise_image());
  EXPECT_EQ(increased(Op::solarize_add, 9), applied(solarize_add, 99));
  EXPECT_EQ(increased(Op::invert, 9), applied(invert));
  EXPECT_EQ(increased(Op::autocontrast, 9), applied(autocontrast));
  EXPECT_EQ(increased(Op::equalize, 9), applied(equalize));
}

TEST(IncreasingAugment, TonesThatPilDoesNotHave) {
  ByteImage image{2, 2, 1, {0, 127, 128, 255}};
  solarize_add(image, 99);
  EXPECT_EQ(image.pixels, (std::vector<std::uint8_t>{99, 226, 128, 255}));
  solarize_add(image, 110);
  EXPECT_EQ(image.pixels, (std::vector<std::uint8_t>{209, 226, 128, 255}));
  invert(image);
  EXPECT_EQ(image.pixels, (std::vector<std::uint8_t>{46, 29, 127, 0}));
  posterize(image, 0);
  EXPECT_EQ(image.pixels, (std::vector<std::uint8_t>{0, 0, 0, 0}));
}

TEST(IncreasingAugment, CornersGetTheColourThatIsGiven) {
  const auto moved = increased(IncreasingAugmentation::translate_x, 10);
  for (int x = 22; x < 40; ++x)
    for (int channel = 0; channel < 3; ++channel)
      ASSERT_EQ(moved.row(3)[3 * x + channel], kCorner[static_cast<std::size_t>(channel)]) << x;
}

TEST(IncreasingAugment, DoesEachOperationWithProbabilityOneHalf) {
  std::map<std::string, double> expected;  // share of the draws, by what they make of the image
  const auto text = [](const ByteImage& image) {
    return std::string(image.pixels.begin(), image.pixels.end());
  };
  expected[text(noise_image())] = 0.5;
  for (int i = 0; i < kIncreasingAugmentations; ++i) {
    const auto operation = static_cast<IncreasingAugmentation>(i);
    const double share = 0.5 / kIncreasingAugmentations / (is_signed(operation) ? 2 : 1);
    expected[text(increased(operation, 8))] += share;
    if (is_signed(operation)) expected[text(increased(operation, 8, true))] += share;
  }
  constexpr int kDraws = 6000;
  std::map<std::string, int> count;
  Random random(3, RandomUse::randaugment);
  for (int i = 0; i < kDraws; ++i) {
    auto image = noise_image();
    rand_augment(image, {1, 8, 0, true}, kCorner, random);
    const auto name = text(image);
    ASSERT_TRUE(expected.contains(name));
    ++count[name];
  }
  for (const auto& [name, share] : expected)
    EXPECT_NEAR(count[name], kDraws * share, 5 * std::sqrt(kDraws * share));
}

TEST(DrawMagnitude, IsNormalAboutTheMagnitudeAndStaysOnTheScale) {
  Random random(1, RandomUse::randaugment);
  constexpr int kDraws = 4000;
  double sum = 0, squares = 0;
  int cut = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double magnitude = draw_magnitude({2, 9, 0.5, true}, 10, random);
    ASSERT_TRUE(magnitude >= 0 && magnitude <= 10) << magnitude;
    cut += magnitude == 10 ? 1 : 0;
    const double middle = draw_magnitude({2, 15, 0.5}, 30, random) - 15;
    sum += middle;
    squares += middle * middle;
  }
  EXPECT_NEAR(sum / kDraws, 0, 5 * 0.5 / std::sqrt(kDraws));
  EXPECT_NEAR(std::sqrt(squares / kDraws), 0.5, 5 * 0.5 / std::sqrt(2.0 * kDraws));
  // A normal number is above its mean by two deviations or more in 2.275 % of the draws.
  EXPECT_NEAR(cut, kDraws * 0.02275, 5 * std::sqrt(kDraws * 0.02275));
}

TEST(DrawMagnitude, WithoutADeviationDrawsNothing) {
  Random random(1, RandomUse::randaugment);
  Random untouched(1, RandomUse::randaugment);
  EXPECT_EQ(draw_magnitude({2, 9}, 30, random), 9);
  EXPECT_EQ(random.next(), untouched.next());
}

}  // namespace
}  // namespace spin
