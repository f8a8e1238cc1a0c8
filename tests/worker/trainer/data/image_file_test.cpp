// JPEG and PNG files: what is decoded of them, and that no bytes of a file do harm.
#include "worker/trainer/data/image_file.h"

#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/worker/trainer/data/image_writers.h"
#include "worker/trainer/data/crop_view.h"
#include "worker/trainer/data/resize.h"

namespace spin {
namespace {

/// Everything, at its own size.
View all(int width, int height) {
  return {{0, 0, static_cast<double>(width), static_cast<double>(height)}, width, height};
}

/// The largest difference between two images of one shape.
int difference(const ByteImage& a, const ByteImage& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  EXPECT_EQ(a.pixels.size(), b.pixels.size());
  int most = 0;
  for (std::size_t i = 0; i < std::min(a.pixels.size(), b.pixels.size()); ++i)
    most = std::max(most, std::abs(a.pixels[i] - b.pixels[i]));
  return most;
}

ByteImage decoded(const std::string& bytes) {
  auto result = decode_image(bytes, all);
  EXPECT_TRUE(result.ok()) << result.error().message;
  return result.ok() ? result->image : ByteImage{};
}

std::string reason(const std::string& bytes) {
  const auto result = decode_image(bytes, all);
  return result.ok() ? "it was decoded" : result.error().message;
}

ByteImage as_rgb(const ByteImage& gray) {
  ByteImage rgb{gray.width, gray.height, 3, {}};
  for (const auto value : gray.pixels) rgb.pixels.insert(rgb.pixels.end(), 3, value);
  return rgb;
}

TEST(Jpeg, DecodesColourGrayProgressiveAndCmyk) {
  const auto colour = gradient_image(120, 90);
  EXPECT_LE(difference(decoded(jpeg_bytes(colour, 98, JpegKind::baseline, true)), colour), 6);
  EXPECT_LE(difference(decoded(jpeg_bytes(colour, 98, JpegKind::progressive, true)), colour), 6);
  EXPECT_LE(difference(decoded(cmyk_jpeg_bytes(colour)), colour), 10);
  const auto gray = gradient_image(33, 70, 1);
  EXPECT_LE(difference(decoded(jpeg_bytes(gray, 98)), as_rgb(gray)), 4);
}

TEST(Jpeg, APartIsThatPartOfTheWhole) {
  for (const bool full_chroma : {true, false}) {
    const auto bytes = jpeg_bytes(gradient_image(301, 203), 95, JpegKind::baseline, full_chroma);
    const auto whole = decoded(bytes);
    for (const Box box :
         {Box{0, 0, 301, 203}, Box{97, 41, 100, 90}, Box{250, 150, 51, 53}, Box{5, 7, 1, 1}}) {
      const View view{box, static_cast<int>(box.width), static_cast<int>(box.height)};
      const auto part = decode_image(bytes, [&](int, int) { return view; });
      ASSERT_TRUE(part.ok()) << part.error().message;
      // Halved chroma is smoothed from its neighbours, which the edges of a part lack.
      EXPECT_LE(difference(resize(part->image, part->view), resize(whole, view)), full_chroma ? 0 : 4)
          << box.left;
    }
  }
}

TEST(Jpeg, SmallViewsAreDecodedSmallerYetNeverBelowTheirSize) {
  const auto picture = gradient_image(800, 600);
  const auto bytes = jpeg_bytes(picture);
  for (const int size : {20, 75, 76, 150, 200, 599, 600}) {
    const View view{{0, 0, 800, 600}, size, size};
    const auto result = decode_image(bytes, [&](int, int) { return view; });
    ASSERT_TRUE(result.ok());
    EXPECT_GE(result->image.height, size);
    EXPECT_GE(result->view.box.height, size);
    if (size <= 75) {
      EXPECT_EQ(result->image.height, 75);
    }
    if (size == 150) {
      EXPECT_EQ(result->image.height, 150);
    }
    EXPECT_LE(difference(resize(result->image, result->view), resize(picture, view)), 12) << size;
  }
}

TEST(Jpeg, AViewBetweenPixelsKeepsItsPlaceAtEveryReduction) {
  const auto picture = gradient_image(640, 480);
  const auto bytes = jpeg_bytes(picture, 98, JpegKind::baseline, true);
  for (const int size : {25, 50, 100, 200}) {
    const View view{{100.5, 30.25, 401.5, 400.75}, size, size};
    const auto result = decode_image(bytes, [&](int, int) { return view; });
    ASSERT_TRUE(result.ok());
    EXPECT_LE(difference(resize(result->image, result->view), resize(picture, view)), 5) << size;
  }
}

TEST(Jpeg, CutAnywhereIsAnErrorAndNeverReadBeyond) {
  for (const auto kind : {JpegKind::baseline, JpegKind::progressive}) {
    const auto bytes = jpeg_bytes(gradient_image(160, 120), 92, kind);
    for (std::size_t size = 0; size + 50 < bytes.size(); size += 49) {
      const std::string cut(bytes, 0, size);
      EXPECT_FALSE(decode_image(cut, all).ok()) << size << " of " << bytes.size();
    }
  }
}

TEST(Jpeg, DamagedBytesNeverDoHarm) {
  const auto good = jpeg_bytes(gradient_image(96, 64));
  for (std::size_t at = 2; at < good.size(); at += 7) {
    auto bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0xff);
    const auto result =
        decode_image(bytes, [](int width, int height) { return centre_view(width, height, 32); });
    if (result.ok()) {
      EXPECT_GT(result->image.width, 0);
    }
  }
}

TEST(Jpeg, AHeaderThatAnnouncesGigabytesIsRefused) {
  auto bytes = jpeg_bytes(gradient_image(16, 16));
  const auto frame = bytes.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  bytes.replace(frame + 5, 4, "\xff\xdc\xff\xdc");  // 65,500 x 65,500, the most that libjpeg takes
  EXPECT_NE(reason(bytes).find("65500 x 65500 pixels are more than"), std::string::npos) << reason(bytes);
  bytes.replace(frame + 5, 4, std::string("\0\0\0\0", 4));
  EXPECT_FALSE(decode_image(bytes, all).ok());
}

TEST(Jpeg, AFileOfEndlessScansIsRefused) {
  const auto bytes = jpeg_bytes(gradient_image(16, 16), 92, JpegKind::progressive);
  const auto last = bytes.rfind("\xff\xda");
  ASSERT_NE(last, std::string::npos);
  const std::string scan = bytes.substr(last, bytes.size() - 2 - last);
  auto many = bytes.substr(0, bytes.size() - 2);
  for (int i = 0; i < 200; ++i) many += scan;
  EXPECT_FALSE(decode_image(many + "\xff\xd9", all).ok());
}

TEST(Png, DecodesEveryKindToRgb) {
  const auto colour = gradient_image(61, 47);
  for (const auto kind : {PngKind::rgb, PngKind::rgb_alpha, PngKind::rgb16, PngKind::rgb_interlaced})
    EXPECT_EQ(difference(decoded(png_bytes(colour, kind)), colour), 0) << static_cast<int>(kind);
  const auto gray = gradient_image(61, 47, 1);
  for (const auto kind : {PngKind::gray, PngKind::gray16})
    EXPECT_EQ(difference(decoded(png_bytes(gray, kind)), as_rgb(gray)), 0) << static_cast<int>(kind);
  ByteImage palette{61, 47, 3, {}};
  for (const auto i : gray.pixels)
    palette.pixels.insert(palette.pixels.end(),
                          {i, static_cast<std::uint8_t>(255 - i), static_cast<std::uint8_t>(i / 2)});
  EXPECT_EQ(difference(decoded(png_bytes(gray, PngKind::palette)), palette), 0);
}

TEST(Png, APartIsThatPartOfTheWhole) {
  const auto picture = gradient_image(61, 47);
  for (const auto kind : {PngKind::rgb, PngKind::rgb_interlaced}) {
    const View view{{10, 20, 30, 15}, 30, 15};
    const auto part = decode_image(png_bytes(picture, kind), [&](int, int) { return view; });
    ASSERT_TRUE(part.ok());
    EXPECT_EQ(difference(resize(part->image, part->view), resize(picture, view)), 0);
  }
}

TEST(Png, CutAnywhereIsAnError) {
  for (const auto kind : {PngKind::rgb, PngKind::rgb_interlaced}) {
    auto picture = gradient_image(64, 64);
    for (std::size_t i = 0; i < picture.pixels.size(); ++i)
      picture.pixels[i] = static_cast<std::uint8_t>(picture.pixels[i] + i * i % 37);
    const auto bytes = png_bytes(picture, kind);
    // The last 16 bytes hold no pixels: the end of the checksum and the end mark.
    for (std::size_t size = 0; size + 16 < bytes.size(); size += 47)
      EXPECT_FALSE(decode_image(bytes.substr(0, size), all).ok()) << size << " of " << bytes.size();
  }
}

TEST(Png, DamagedBytesNeverDoHarm) {
  const auto good = png_bytes(gradient_image(40, 40), PngKind::rgb_interlaced);
  for (std::size_t at = 8; at < good.size(); at += 3) {
    auto bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
    const auto result = decode_image(bytes, all);
    if (result.ok()) {
      EXPECT_GT(result->image.width, 0);
    }
  }
}

TEST(ImageFile, OtherBytesAreRefusedWithAReason) {
  EXPECT_EQ(reason(""), "the file is empty");
  EXPECT_EQ(reason("GIF89a"), "neither a JPEG nor a PNG file");
  EXPECT_EQ(reason("\x89PNG\r\n\x1a\n"), "the file was cut short");
}

}  // namespace
}  // namespace spin
