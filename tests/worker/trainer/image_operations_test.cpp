// Operations on 8-bit images against calculations by hand from PIL's definitions.
#include <cmath>
#include <complex>
#include <numbers>

#include <gtest/gtest.h>

#include "worker/trainer/image_geometry.h"
#include "worker/trainer/image_tones.h"

namespace spin {
namespace {

using Bytes = std::vector<std::uint8_t>;

ByteImage gray(int width, Bytes pixels) {
  return {width, static_cast<int>(pixels.size()) / width, 1, std::move(pixels)};
}

ByteImage one_pixel(std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  return {1, 1, 3, {red, green, blue}};
}

/// The pixels after `operation(image, arguments...)`.
template <class Operation, class... Arguments>
Bytes after(Operation operation, ByteImage image, Arguments... arguments) {
  operation(image, arguments...);
  return image.pixels;
}

/// No pixel is black, no two of 200 that follow each other are equal.
ByteImage numbered(int width, int height, int channels) {
  ByteImage image{width, height, channels, {}};
  for (int i = 0; i < width * height * channels; ++i)
    image.pixels.push_back(static_cast<std::uint8_t>(1 + i % 200));
  return image;
}

ByteImage transposed(const ByteImage& image) {
  ByteImage result{image.height, image.width, image.channels, {}};
  for (int x = 0; x < image.width; ++x)
    for (int y = 0; y < image.height; ++y)
      for (int channel = 0; channel < image.channels; ++channel)
        result.pixels.push_back(image.row(y)[x * image.channels + channel]);
  return result;
}

ByteImage channel_of(const ByteImage& image, int channel) {
  ByteImage result{image.width, image.height, 1, {}};
  for (std::size_t i = static_cast<std::size_t>(channel); i < image.pixels.size(); i += 3)
    result.pixels.push_back(image.pixels[i]);
  return result;
}

TEST(Translate, MovesWholePixelsAndLeavesBlack) {
  const auto image = gray(3, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(after(translate, image, 1, 0, kBlack), (Bytes{0, 1, 2, 0, 4, 5}));
  EXPECT_EQ(after(translate, image, -2, 0, kBlack), (Bytes{3, 0, 0, 6, 0, 0}));
  EXPECT_EQ(after(translate, image, 0, 1, kBlack), (Bytes{0, 0, 0, 1, 2, 3}));
  EXPECT_EQ(after(translate, image, -1, -1, kBlack), (Bytes{5, 6, 0, 0, 0, 0}));
  EXPECT_EQ(after(translate, image, 3, 0, kBlack), Bytes(6, 0));
  EXPECT_EQ(after(translate, image, 0, -200, kBlack), Bytes(6, 0));
}

TEST(Shear, ShiftsEachRowByItsMiddle) {
  const auto image = gray(4, {1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24, 31, 32, 33, 34});
  // Column x + 0.5 of row y + 0.5 comes from column x + 0.5 + (y + 0.5) / 2: 0.25, 0.75, 1.25, 1.75 to the
  // right.
  EXPECT_EQ(after(shear_x, image, 0.5, kBlack),
            (Bytes{1, 2, 3, 4, 12, 13, 14, 0, 22, 23, 24, 0, 33, 34, 0, 0}));
  EXPECT_EQ(after(shear_x, image, -0.5, kBlack),
            (Bytes{1, 2, 3, 4, 0, 11, 12, 13, 0, 21, 22, 23, 0, 0, 31, 32}));
}

TEST(Shear, OfColumnsIsThatOfRowsTransposed) {
  for (const int channels : {1, 3})
    for (const double slope : {0.3, -0.3, 0.01, 1.7}) {
      const auto image = numbered(37, 23, channels);
      auto rows = transposed(image);
      shear_x(rows, slope, kBlack);
      EXPECT_EQ(after(shear_y, image, slope, kBlack), transposed(rows).pixels) << channels << ' ' << slope;
    }
}

TEST(Rotate, QuarterAndHalfTurnsMoveWholePixels) {
  const auto image = gray(3, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  EXPECT_EQ(after(rotate, image, 90.0, kBlack), (Bytes{3, 6, 9, 2, 5, 8, 1, 4, 7}));
  EXPECT_EQ(after(rotate, image, -90.0, kBlack), (Bytes{7, 4, 1, 8, 5, 2, 9, 6, 3}));
  EXPECT_EQ(after(rotate, image, 180.0, kBlack), (Bytes{9, 8, 7, 6, 5, 4, 3, 2, 1}));
  EXPECT_EQ(after(rotate, gray(2, {1, 2, 3, 4, 5, 6}), 180.0, kBlack), (Bytes{6, 5, 4, 3, 2, 1}));
}

TEST(Rotate, TakesTheNearestPixelOfTheTurnedGrid) {
  const auto image = numbered(40, 31, 1);
  for (const double degrees : {30.0, -17.0, 3.0}) {
    const auto turned = after(rotate, image, degrees, kBlack);
    const auto turn = std::polar(1.0, degrees * std::numbers::pi / 180);
    for (int y = 0; y < image.height; ++y)
      for (int x = 0; x < image.width; ++x) {
        // Rows run downwards, so multiplying by exp(i angle) turns a result's pixel clockwise, back to its
        // source.
        const auto from = std::complex(x + 0.5 - 20, y + 0.5 - 15.5) * turn + std::complex(20.0, 15.5);
        const double column = std::floor(from.real());
        const double row = std::floor(from.imag());
        const auto near_edge = [](double value) { return std::abs(value - std::round(value)) < 1e-2; };
        if (near_edge(from.real()) || near_edge(from.imag())) continue;
        const bool outside = column < 0 || column >= image.width || row < 0 || row >= image.height;
        const int expected = outside ? 0 : image.row(static_cast<int>(row))[static_cast<int>(column)];
        EXPECT_EQ(turned[static_cast<std::size_t>(y * image.width + x)], expected)
            << degrees << " degrees, column " << x << ", row " << y;
      }
  }
}

TEST(Geometry, MovesTheChannelsOfAPixelTogether) {
  const auto image = numbered(29, 17, 3);
  for (int channel = 0; channel < 3; ++channel) {
    const auto alone = channel_of(image, channel);
    const auto same = [&](auto operation, auto... arguments) {
      auto together = image;
      operation(together, arguments...);
      return channel_of(together, channel).pixels == after(operation, alone, arguments...);
    };
    EXPECT_TRUE(same(rotate, 23.0, kBlack));
    EXPECT_TRUE(same(shear_x, 0.2, kBlack));
    EXPECT_TRUE(same(shear_y, 0.2, kBlack));
    EXPECT_TRUE(same(translate, 5, -3, kBlack));
  }
}

TEST(Brightness, ScalesCutsAndRoundsDown) {
  EXPECT_EQ(after(adjust_brightness, gray(3, {0, 100, 200}), 1.5F), (Bytes{0, 150, 255}));
  EXPECT_EQ(after(adjust_brightness, gray(3, {0, 101, 255}), 0.5F), (Bytes{0, 50, 127}));
}

TEST(Contrast, ScalesDistancesFromTheMeanLuma) {
  EXPECT_EQ(after(adjust_contrast, gray(4, {0, 100, 200, 100}), 0.5F), (Bytes{50, 100, 150, 100}));
  EXPECT_EQ(after(adjust_contrast, gray(2, {100, 150}), 9.0F), (Bytes{0, 255}));  // mean 125
  EXPECT_EQ(after(adjust_contrast, gray(2, {10, 11}), 0.0F), (Bytes{11, 11}));    // mean 10.5, rounded up
  EXPECT_EQ(after(adjust_contrast, one_pixel(255, 0, 0), 0.0F), (Bytes{76, 76, 76}));  // 0.299 * 255 = 76.2
}

TEST(Colour, ScalesDistancesFromEachPixelsLuma) {
  // 0.299 * 10 + 0.587 * 200 + 0.114 * 30 = 123.8
  EXPECT_EQ(after(adjust_colour, one_pixel(10, 200, 30), 0.0F), (Bytes{124, 124, 124}));
  EXPECT_EQ(after(adjust_colour, one_pixel(10, 200, 30), 1.5F), (Bytes{0, 238, 0}));
  EXPECT_EQ(after(adjust_colour, one_pixel(10, 200, 30), 0.5F), (Bytes{67, 162, 77}));
  EXPECT_EQ(after(adjust_colour, gray(3, {1, 2, 3}), 0.0F), (Bytes{1, 2, 3}));
}

TEST(Sharpness, ScalesDistancesFromTheWeightedNeighbourhood) {
  const auto image = gray(3, {0, 0, 0, 0, 130, 0, 0, 0, 0});  // its middle smoothed: 130 * 5 / 13 = 50
  EXPECT_EQ(after(adjust_sharpness, image, 0.0F), (Bytes{0, 0, 0, 0, 50, 0, 0, 0, 0}));
  EXPECT_EQ(after(adjust_sharpness, image, 2.0F), (Bytes{0, 0, 0, 0, 210, 0, 0, 0, 0}));
  const auto wide = gray(4, {0, 0, 0, 26, 0, 13, 0, 0, 0, 0, 13, 0});
  // (26 + 13 + 13) / 13 = 4 beside it; (13 * 5 + 13) / 13 = 6 for itself
  EXPECT_EQ(after(adjust_sharpness, wide, 0.0F), (Bytes{0, 0, 0, 26, 0, 6, 4, 0, 0, 0, 13, 0}));
}

TEST(Sharpness, OfColourImagesTreatsEachChannel) {
  const auto image = numbered(11, 7, 3);
  for (int channel = 0; channel < 3; ++channel) {
    auto together = image;
    adjust_sharpness(together, 1.9F);
    EXPECT_EQ(channel_of(together, channel).pixels,
              after(adjust_sharpness, channel_of(image, channel), 1.9F));
  }
}

TEST(Posterize, KeepsUpperBits) {
  EXPECT_EQ(after(posterize, gray(5, {255, 128, 127, 16, 15}), 4), (Bytes{240, 128, 112, 16, 0}));
  EXPECT_EQ(after(posterize, gray(2, {255, 127}), 1), (Bytes{128, 0}));
  EXPECT_EQ(after(posterize, gray(2, {255, 127}), 8), (Bytes{255, 127}));
}

TEST(Solarize, InvertsFromTheThresholdOn) {
  EXPECT_EQ(after(solarize, gray(4, {0, 127, 128, 255}), 128.0), (Bytes{0, 127, 127, 0}));
  EXPECT_EQ(after(solarize, gray(3, {127, 128, 255}), 127.5), (Bytes{127, 127, 0}));
  EXPECT_EQ(after(solarize, gray(3, {0, 100, 255}), 0.0), (Bytes{255, 155, 0}));
}

TEST(Autocontrast, StretchesEachChannelOfItsOwn) {
  // Red 50..150 and blue 0..255 are stretched (100 lies at 127.5, rounded down); green has one value only.
  EXPECT_EQ(after(autocontrast, ByteImage{3, 1, 3, {50, 7, 0, 100, 7, 9, 150, 7, 255}}),
            (Bytes{0, 7, 0, 127, 7, 9, 255, 7, 255}));
}

ByteImage of_counts(std::initializer_list<std::pair<std::uint8_t, std::size_t>> counts) {
  Bytes pixels;
  for (const auto& [value, count] : counts) pixels.insert(pixels.end(), count, value);
  return gray(static_cast<int>(pixels.size()), pixels);
}

TEST(Equalize, SpreadsTheCumulatedHistogram) {
  // All but the brightest: 510 pixels, two to a step. 1 / 2, (1 + 255) / 2, (1 + 510) / 2 steps lie below.
  const auto image = of_counts({{0, 255}, {100, 255}, {200, 40}});
  EXPECT_EQ(after(equalize, image), of_counts({{0, 255}, {128, 255}, {255, 40}}).pixels);
  // One to a step: 300 steps lie below 5, cut to 255.
  EXPECT_EQ(after(equalize, of_counts({{0, 300}, {5, 5}})), of_counts({{0, 300}, {255, 5}}).pixels);
}

TEST(Equalize, LeavesImagesTooSmallOrOfOneValue) {
  EXPECT_EQ(after(equalize, gray(3, {4, 90, 200})), (Bytes{4, 90, 200}));
  EXPECT_EQ(after(equalize, of_counts({{9, 1000}})), of_counts({{9, 1000}}).pixels);
}

}  // namespace
}  // namespace spin
