// JPEG files by libjpeg-turbo.
#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <string>

#include <jpeglib.h>
// After jpeglib.h, which it needs.
#include <jerror.h>

#include "worker/trainer/data/image_formats.h"

namespace spin {
namespace {

constexpr long kMemoryLimit = 1L << 30;  // bytes of coefficients and buffers
constexpr int kMostScans = 100;          // of a progressive file; each costs a pass over the image
constexpr double kMostReduction = 8;

/// libjpeg reports errors by a call that must not return, so this one jumps. Functions that call libjpeg hold
/// no objects with destructors.
struct ErrorManager : jpeg_error_mgr {
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX] = "";
};

[[noreturn]] void fail(j_common_ptr info) {
  auto& errors = static_cast<ErrorManager&>(*info->err);
  info->err->format_message(info, errors.message);
  std::longjmp(errors.jump, 1);
}

/// libjpeg goes on after damage and fills what is missing with gray; here that is an error. The other
/// warnings (odd version numbers, stray bytes between segments) say nothing of the pixels.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_ARITH_BAD_CODE:
      fail(info);
    default:
      break;
  }
}

void limit_scans(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMostScans) return;
  auto& errors = static_cast<ErrorManager&>(*info->err);
  std::snprintf(errors.message, sizeof errors.message, "more than %d scans", kMostScans);
  std::longjmp(errors.jump, 1);
}

class JpegDecoder {
 public:
  JpegDecoder() {
    info_.err = jpeg_std_error(&errors_);
    errors_.error_exit = fail;
    errors_.emit_message = on_message;
    progress_.progress_monitor = limit_scans;
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  // Each false where it failed; message() says why.

  bool read_header(std::string_view bytes) {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_create_decompress(&info_);
    info_.progress = &progress_;
    info_.mem->max_memory_to_use = kMemoryLimit;
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_read_header(&info_, TRUE);
    info_.out_color_space = is_cmyk() ? JCS_CMYK : JCS_RGB;
    return true;
  }

  /// Chooses the size of what is decoded: 1 / `reduction`.
  bool start(unsigned reduction) {
    if (setjmp(errors_.jump) != 0) return false;
    info_.scale_num = 1;
    info_.scale_denom = reduction;
    jpeg_start_decompress(&info_);
    return true;
  }

  /// Leaves out the columns beside `range`, in whole blocks, and the rows above it.
  bool skip_to(const PixelRange& range) {
    if (setjmp(errors_.jump) != 0) return false;
    left_ = static_cast<JDIMENSION>(range.left);
    auto width = static_cast<JDIMENSION>(range.right - range.left);
    if (width < info_.output_width) jpeg_crop_scanline(&info_, &left_, &width);
    if (range.top > 0) jpeg_skip_scanlines(&info_, static_cast<JDIMENSION>(range.top));
    return true;
  }

  /// pixels [rows, width(), output components]
  bool read_rows(int rows, std::uint8_t* pixels) {
    if (setjmp(errors_.jump) != 0) return false;
    const auto stride =
        static_cast<std::size_t>(info_.output_width) * static_cast<std::size_t>(info_.output_components);
    for (int y = 0; y < rows; ++y) {
      JSAMPROW row = pixels + static_cast<std::size_t>(y) * stride;
      jpeg_read_scanlines(&info_, &row, 1);
    }
    return true;
  }

  [[nodiscard]] int width() const { return static_cast<int>(info_.output_width); }
  [[nodiscard]] int height() const { return static_cast<int>(info_.output_height); }
  /// First column that is decoded.
  [[nodiscard]] int left() const { return static_cast<int>(left_); }
  [[nodiscard]] JDIMENSION file_width() const { return info_.image_width; }
  [[nodiscard]] JDIMENSION file_height() const { return info_.image_height; }
  [[nodiscard]] bool is_cmyk() const { return info_.num_components == 4; }
  [[nodiscard]] Error error() const { return {ErrorCode::data_loss, errors_.message}; }

 private:
  ErrorManager errors_;
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct info_{};
  JDIMENSION left_ = 0;
};

/// The largest reduction that leaves the view at least the size it is wanted in. Halves, quarters and
/// eighths: libjpeg-turbo has vector code for these alone.
unsigned reduction_for(const View& view) {
  const double room = std::min({view.box.width / view.width, view.box.height / view.height, kMostReduction});
  unsigned reduction = 1;
  while (reduction * 2 <= room) reduction *= 2;
  return reduction;
}

/// As Adobe's programs write CMYK, 255 being no ink.
std::vector<std::uint8_t> rgb_from_cmyk(const std::vector<std::uint8_t>& cmyk) {
  std::vector<std::uint8_t> rgb;
  rgb.reserve(cmyk.size() / 4 * 3);
  for (std::size_t i = 0; i + 3 < cmyk.size(); i += 4)
    for (std::size_t c = 0; c < 3; ++c)
      rgb.push_back(static_cast<std::uint8_t>((cmyk[i + c] * cmyk[i + 3] + 127) / 255));
  return rgb;
}

}  // namespace

Result<Decoded> decode_jpeg(std::string_view bytes, const ChooseView& choose) {
  JpegDecoder decoder;
  if (!decoder.read_header(bytes)) return decoder.error();
  SPIN_TRY(check_image_size(decoder.file_width(), decoder.file_height()));
  auto view = choose(static_cast<int>(decoder.file_width()), static_cast<int>(decoder.file_height()));
  const auto reduction = reduction_for(view);
  if (!decoder.start(reduction)) return decoder.error();
  auto& box = view.box;
  for (auto* length : {&box.left, &box.top, &box.width, &box.height}) *length /= reduction;
  const auto range = pixels_of(box, decoder.width(), decoder.height());
  if (!decoder.skip_to(range)) return decoder.error();
  ByteImage image{decoder.width(), range.bottom - range.top, 3, {}};
  const auto bytes_per_pixel = decoder.is_cmyk() ? 4U : 3U;
  image.pixels.resize(static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) *
                      bytes_per_pixel);
  if (!decoder.read_rows(image.height, image.pixels.data())) return decoder.error();
  if (decoder.is_cmyk()) image.pixels = rgb_from_cmyk(image.pixels);
  box.left -= decoder.left();
  box.top -= range.top;
  return Decoded{std::move(image), view};
}

}  // namespace spin
