// Resizing against the definition: every pixel of the result is the mean of the input under a triangle.
#include "worker/trainer/data/resize.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/worker/trainer/data/image_writers.h"
#include "worker/trainer/random.h"

namespace spin {
namespace {

ByteImage noise_image(int width, int height, int channels) {
  Random random(5, RandomUse::synthetic);
  ByteImage image{width, height, channels, {}};
  for (int i = 0; i < width * height * channels; ++i)
    image.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  return image;
}

struct Span {
  double start, size;
  int count;
};

/// Weight of input pixel `i` in output pixel `out`, not normalised; 0 where the box does not touch it.
double weight(const Span& span, int out, int i) {
  if (i + 1 <= span.start || i >= span.start + span.size) return 0;
  const double scale = span.size / span.count;
  return std::max(0.0, 1 - std::abs(i + 0.5 - (span.start + (out + 0.5) * scale)) / std::max(1.0, scale));
}

double expected(const ByteImage& image, const View& view, int x, int y, int channel) {
  const Span across{view.box.left, view.box.width, view.width};
  const Span down{view.box.top, view.box.height, view.height};
  double sum = 0, weights = 0;
  for (int i = 0; i < image.height; ++i)
    for (int j = 0; j < image.width; ++j) {
      const double w = weight(across, x, j) * weight(down, y, i);
      sum += w * image.row(i)[j * image.channels + channel];
      weights += w;
    }
  return sum / weights;
}

TEST(Resize, IsTheMeanUnderATriangle) {
  const View views[] = {{{0, 0, 37, 29}, 16, 16},             // smaller
                        {{0, 0, 37, 29}, 50, 60},             // larger
                        {{3, 4, 20, 10}, 7, 7},               // a part
                        {{3.25, 4.75, 20.5, 10.125}, 9, 31},  // between pixels
                        {{36, 28, 1, 1}, 4, 4},               // one pixel
                        {{0, 0, 37, 29}, 1, 1}};
  for (const int channels : {1, 3}) {
    const auto image = noise_image(37, 29, channels);
    for (const auto& view : views) {
      const auto out = resize(image, view);
      ASSERT_EQ(out.width, view.width);
      ASSERT_EQ(out.pixels.size(), static_cast<std::size_t>(view.width * view.height * channels));
      for (int y = 0; y < view.height; ++y)
        for (int x = 0; x < view.width; ++x)
          for (int c = 0; c < channels; ++c)
            ASSERT_NEAR(out.row(y)[x * channels + c], expected(image, view, x, y, c), 1.1)
                << x << ' ' << y << " of " << view.width << " x " << view.height;
    }
  }
}

TEST(Resize, KeepsFlatColoursExactly) {
  ByteImage flat{31, 17, 3, std::vector<std::uint8_t>(31 * 17 * 3, 255)};
  for (const auto value : resize(flat, {{0.3, 0.9, 29.1, 15.2}, 13, 40}).pixels) EXPECT_EQ(value, 255);
}

TEST(Resize, TheWholeAtItsSizeIsUnchanged) {
  const auto image = gradient_image(20, 30);
  EXPECT_EQ(resize(image, {{0, 0, 20, 30}, 20, 30}), image);
  const auto part = resize(image, {{2, 3, 10, 10}, 10, 10});
  EXPECT_EQ(part.row(4)[5 * 3 + 1], image.row(7)[7 * 3 + 1]);
}

TEST(Resize, ImagesOfOnePixel) {
  const ByteImage dot{1, 1, 3, {10, 20, 30}};
  const auto out = resize(dot, {{0.06, 0.06, 0.88, 0.88}, 3, 3});
  for (std::size_t i = 0; i < out.pixels.size(); ++i) EXPECT_EQ(out.pixels[i], 10 * (i % 3 + 1));
}

}  // namespace
}  // namespace spin
