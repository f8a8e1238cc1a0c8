#include "tests/worker/trainer/data/image_writers.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <jpeglib.h>
#include <png.h>

namespace spin {
namespace {

/// A compressor that writes to memory and frees what it took.
class JpegWriter {
 public:
  JpegWriter(const ByteImage& image, int components, J_COLOR_SPACE colours) {
    info_.err = jpeg_std_error(&errors_);
    jpeg_create_compress(&info_);
    jpeg_mem_dest(&info_, &bytes_, &size_);
    info_.image_width = static_cast<JDIMENSION>(image.width);
    info_.image_height = static_cast<JDIMENSION>(image.height);
    info_.input_components = components;
    info_.in_color_space = colours;
    jpeg_set_defaults(&info_);
  }
  ~JpegWriter() {
    jpeg_destroy_compress(&info_);
    std::free(bytes_);
  }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  jpeg_compress_struct& settings() { return info_; }

  std::string write(const std::vector<std::uint8_t>& pixels) {
    jpeg_start_compress(&info_, TRUE);
    const auto stride =
        static_cast<std::size_t>(info_.image_width) * static_cast<std::size_t>(info_.input_components);
    while (info_.next_scanline < info_.image_height) {
      auto* row = const_cast<JSAMPROW>(pixels.data() + info_.next_scanline * stride);
      jpeg_write_scanlines(&info_, &row, 1);
    }
    jpeg_finish_compress(&info_);
    return {reinterpret_cast<const char*>(bytes_), size_};
  }

 private:
  jpeg_compress_struct info_{};
  jpeg_error_mgr errors_{};
  unsigned char* bytes_ = nullptr;
  unsigned long size_ = 0;
};

/// Calls f(x, y) for every pixel, row after row, and appends what it returns.
template <class F>
std::vector<std::uint8_t> each_pixel(const ByteImage& image, F append) {
  std::vector<std::uint8_t> bytes;
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) append(image.row(y) + x * image.channels, bytes);
  return bytes;
}

struct PngLayout {
  int depth = 8;
  int colour_type = PNG_COLOR_TYPE_RGB;
  int interlace = PNG_INTERLACE_NONE;
};

PngLayout layout_of(PngKind kind) {
  switch (kind) {
    case PngKind::rgb:
      return {};
    case PngKind::rgb_alpha:
      return {8, PNG_COLOR_TYPE_RGB_ALPHA, PNG_INTERLACE_NONE};
    case PngKind::rgb16:
      return {16, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE};
    case PngKind::gray:
      return {8, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE};
    case PngKind::gray16:
      return {16, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE};
    case PngKind::palette:
      return {8, PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE};
    case PngKind::rgb_interlaced:
      return {8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_ADAM7};
  }
  return {};
}

std::vector<std::uint8_t> png_pixels(const ByteImage& image, PngKind kind) {
  return each_pixel(image, [&](const std::uint8_t* pixel, std::vector<std::uint8_t>& bytes) {
    const bool one = kind == PngKind::gray || kind == PngKind::gray16 || kind == PngKind::palette;
    const bool wide = kind == PngKind::gray16 || kind == PngKind::rgb16;
    for (int c = 0; c < (one ? 1 : 3); ++c)
      for (int i = 0; i < (wide ? 2 : 1); ++i) bytes.push_back(pixel[c]);  // v * 257 in 16 bits
    if (kind == PngKind::rgb_alpha) bytes.push_back(static_cast<std::uint8_t>(pixel[0] / 2));
  });
}

}  // namespace

std::string jpeg_bytes(const ByteImage& image, int quality, JpegKind kind, bool full_chroma) {
  JpegWriter writer(image, image.channels, image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB);
  auto& settings = writer.settings();
  jpeg_set_quality(&settings, quality, TRUE);
  if (full_chroma) settings.comp_info[0].h_samp_factor = settings.comp_info[0].v_samp_factor = 1;
  if (kind == JpegKind::progressive) jpeg_simple_progression(&settings);
  return writer.write(image.pixels);
}

std::string cmyk_jpeg_bytes(const ByteImage& image) {
  JpegWriter writer(image, 4, JCS_CMYK);
  jpeg_set_quality(&writer.settings(), 95, TRUE);
  return writer.write(each_pixel(image, [](const std::uint8_t* pixel, std::vector<std::uint8_t>& bytes) {
    bytes.insert(bytes.end(), {pixel[0], pixel[1], pixel[2], 255});
  }));
}

std::string png_bytes(const ByteImage& image, PngKind kind) {
  const auto layout = layout_of(kind);
  std::string bytes;
  auto* png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  auto* info = png_create_info_struct(png);
  png_set_write_fn(
      png, &bytes,
      [](png_structp at, png_bytep data, std::size_t count) {
        static_cast<std::string*>(png_get_io_ptr(at))->append(reinterpret_cast<const char*>(data), count);
      },
      nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height),
               layout.depth, layout.colour_type, layout.interlace, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  std::vector<png_color> colours;
  for (int i = 0; i < 256; ++i)
    colours.push_back(
        {static_cast<png_byte>(i), static_cast<png_byte>(255 - i), static_cast<png_byte>(i / 2)});
  if (kind == PngKind::palette) png_set_PLTE(png, info, colours.data(), 256);
  png_write_info(png, info);
  auto pixels = png_pixels(image, kind);
  const auto stride = pixels.size() / static_cast<std::size_t>(image.height);
  std::vector<png_bytep> rows;
  for (int y = 0; y < image.height; ++y) rows.push_back(pixels.data() + static_cast<std::size_t>(y) * stride);
  png_write_image(png, rows.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

ByteImage gradient_image(int width, int height, int channels) {
  ByteImage image{width, height, channels, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c) {
        const int values[3] = {x * 255 / std::max(1, width - 1), y * 255 / std::max(1, height - 1),
                               (x + y) * 127 / std::max(1, width + height - 2)};
        image.pixels.push_back(static_cast<std::uint8_t>(values[c]));
      }
  return image;
}

void write_image(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

void write_image_folder(const std::filesystem::path& root, const std::vector<std::string>& classes,
                        int train_images, int eval_images, int side) {
  std::uint32_t noise = 1;
  const auto write_split = [&](const char* split, int images) {
    for (int i = 0; i < images; ++i) {
      const auto label = static_cast<std::size_t>(i) % classes.size();
      auto image = gradient_image(side + i % 3 * 4, side + i % 2 * 6);
      for (auto& value : image.pixels) {
        noise = noise * 1664525 + 1013904223;
        value = static_cast<std::uint8_t>(value / 4 + (noise >> 26));
      }
      for (std::size_t p = label % 3; p < image.pixels.size(); p += 3)  // the class's channel is bright
        image.pixels[p] = static_cast<std::uint8_t>(image.pixels[p] + 110);
      write_image(root / split / classes[label] / ("image_" + std::to_string(i) + ".jpg"), jpeg_bytes(image));
    }
  };
  write_split("train", train_images);
  write_split("val", eval_images);
}

}  // namespace spin
