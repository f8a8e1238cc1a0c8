// PNG files by libpng.
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <png.h>

#include "worker/trainer/data/image_formats.h"

namespace spin {
namespace {

/// libpng reports errors by a call that must not return, so `fail` jumps. Functions that call libpng hold no
/// objects with destructors.
class PngDecoder {
 public:
  explicit PngDecoder(std::string_view bytes) : rest_(bytes) {}
  ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;

  // Each false where it failed; error() says why.

  bool read_header() {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, fail, [](png_structp, png_const_charp) {});
    if (png_ == nullptr) return false;
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    info_ = png_create_info_struct(png_);
    if (info_ == nullptr) return false;
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // ours come with a better message
    png_set_read_fn(png_, this, read_bytes);
    png_read_info(png_, info_);
    return true;
  }

  /// 8-bit RGB, whatever the file holds.
  bool start() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_expand(png_);
    png_set_scale_16(png_);
    png_set_strip_alpha(png_);
    png_set_gray_to_rgb(png_);
    passes_ = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    if (png_get_rowbytes(png_, info_) != std::size_t{width()} * 3)
      png_error(png_, "an unknown kind of pixels");
    return true;
  }

  /// The rows of `rows` from top to bottom, each [width, 3]; null for those that are not wanted.
  bool read_rows(const std::vector<png_bytep>& rows, png_bytep unwanted) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    for (int pass = 0; pass < passes_; ++pass)
      for (const auto row : rows) png_read_row(png_, row != nullptr ? row : unwanted, nullptr);
    return true;
  }

  [[nodiscard]] png_uint_32 width() const { return png_get_image_width(png_, info_); }
  [[nodiscard]] png_uint_32 height() const { return png_get_image_height(png_, info_); }
  [[nodiscard]] bool is_interlaced() const { return passes_ > 1; }
  [[nodiscard]] Error error() const { return {ErrorCode::data_loss, message_}; }

 private:
  [[noreturn]] static void fail(png_structp png, png_const_charp message) {
    auto& self = *static_cast<PngDecoder*>(png_get_error_ptr(png));
    std::snprintf(self.message_, sizeof self.message_, "%s", message);
    png_longjmp(png, 1);
  }

  static void read_bytes(png_structp png, png_bytep out, std::size_t count) {
    auto& rest = static_cast<PngDecoder*>(png_get_io_ptr(png))->rest_;
    if (count > rest.size()) png_error(png, "the file was cut short");
    std::memcpy(out, rest.data(), count);
    rest.remove_prefix(count);
  }

  std::string_view rest_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
  char message_[200] = "libpng does not start";
};

}  // namespace

Result<Decoded> decode_png(std::string_view bytes, const ChooseView& choose) {
  PngDecoder decoder(bytes);
  if (!decoder.read_header()) return decoder.error();
  SPIN_TRY(check_image_size(decoder.width(), decoder.height()));
  const auto width = static_cast<int>(decoder.width());
  const auto height = static_cast<int>(decoder.height());
  auto view = choose(width, height);
  if (!decoder.start()) return decoder.error();
  auto range = pixels_of(view.box, width, height);
  if (decoder.is_interlaced()) range.top = 0, range.bottom = height;  // each pass goes through all rows
  ByteImage image{width, range.bottom - range.top, 3, {}};
  image.pixels.resize(image.row_bytes() * static_cast<std::size_t>(image.height));
  std::vector<std::uint8_t> unwanted(image.row_bytes());
  std::vector<png_bytep> rows(static_cast<std::size_t>(range.bottom), nullptr);
  for (int y = range.top; y < range.bottom; ++y) rows[static_cast<std::size_t>(y)] = image.row(y - range.top);
  if (!decoder.read_rows(rows, unwanted.data())) return decoder.error();
  view.box.top -= range.top;
  return Decoded{std::move(image), view};
}

}  // namespace spin
