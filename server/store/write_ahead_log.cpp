#include "server/store/write_ahead_log.h"

#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

#include <boost/endian/conversion.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "schema/base/file.h"
#include "server/store/database_files.h"

namespace spin {
namespace {

namespace fs = std::filesystem;
using boost::endian::load_big_u32;
using boost::endian::load_little_u32;

/// The lowest bit says that checksums take the bytes as big-endian numbers rather than little-endian ones.
constexpr std::uint32_t kMagic = 0x377f0682;
constexpr std::uint32_t kFormat = 3007000;
constexpr std::size_t kFrameHeaderBytes = 24;

struct Checksum {
  std::uint32_t first = 0, second = 0;
  bool operator==(const Checksum&) const = default;

  /// A multiple of 8 bytes.
  template <auto Load>
  void add(std::span<const unsigned char> bytes) {
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
      first += Load(&bytes[i]) + second;
      second += Load(&bytes[i + 4]) + first;
    }
  }
};

class LogScan {
 public:
  LogScan(fs::path path, FileDescriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  Result<std::optional<LoggedState>> run() {
    SPIN_ASSIGN(bool valid, read_header());
    while (valid) {
      SPIN_ASSIGN(valid, read_frame());
      if (valid) note_frame();
    }
    return state_.pages > 0 ? std::optional(std::move(state_)) : std::nullopt;
  }

 private:
  /// From 0: magic number, format, page size, checkpoints so far, two salts, and the checksum of all that.
  Result<bool> read_header() {
    std::array<unsigned char, 32> header{};
    SPIN_ASSIGN(const bool whole, fill(header));
    const auto magic = load_big_u32(&header[0]);
    const auto page_bytes = load_big_u32(&header[8]);
    big_endian_ = (magic & 1U) != 0;
    add_to_checksum(std::span(header).first(24));
    const bool valid = whole && (magic & ~1U) == kMagic && load_big_u32(&header[4]) == kFormat &&
                       std::has_single_bit(page_bytes) && page_bytes >= 512 && page_bytes <= 65536 &&
                       checksum_ == Checksum{load_big_u32(&header[24]), load_big_u32(&header[28])};
    if (!valid) return false;
    salts_ = {load_big_u32(&header[16]), load_big_u32(&header[20])};
    state_.page_bytes = page_bytes;
    frame_.resize(kFrameHeaderBytes + page_bytes);
    return true;
  }

  /// From 0: page number, pages of the database where the frame ends a commit, the salts of the header, the
  /// checksum of all frames so far without salts and checksums, and the page. A frame that an earlier round
  /// of the log left has other salts.
  Result<bool> read_frame() {
    SPIN_ASSIGN(const bool whole, fill(frame_));
    if (!whole || load_big_u32(&frame_[0]) == 0) return false;
    if (salts_ != std::pair(load_big_u32(&frame_[8]), load_big_u32(&frame_[12]))) return false;
    add_to_checksum(std::span(frame_).first(8));
    add_to_checksum(std::span(frame_).subspan(kFrameHeaderBytes));
    return checksum_ == Checksum{load_big_u32(&frame_[16]), load_big_u32(&frame_[20])};
  }

  void note_frame() {
    uncommitted_.push_back(load_big_u32(&frame_[0]));
    const auto pages = load_big_u32(&frame_[4]);
    if (pages == 0) return;
    state_.pages = pages;
    for (const auto page : uncommitted_) {
      if (page >= state_.is_held.size()) state_.is_held.resize(std::size_t{page} + 1);
      state_.is_held[page] = true;
    }
    uncommitted_.clear();
  }

  void add_to_checksum(std::span<const unsigned char> bytes) {
    big_endian_ ? checksum_.add<load_big_u32>(bytes) : checksum_.add<load_little_u32>(bytes);
  }

  /// False where the file ends before.
  Result<bool> fill(std::span<unsigned char> bytes) {
    while (!bytes.empty()) {
      const auto count = ::read(file_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_failure(path_, errno);
      if (count == 0) return false;
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
  }

  const fs::path path_;
  const FileDescriptor file_;
  bool big_endian_ = false;
  std::pair<std::uint32_t, std::uint32_t> salts_;
  Checksum checksum_;  ///< of all that was read
  std::vector<unsigned char> frame_;
  std::vector<std::uint32_t> uncommitted_;  ///< page numbers since the last commit
  LoggedState state_;
};

}  // namespace

Result<std::optional<LoggedState>> read_log(const fs::path& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.is_open()) return LogScan(path, std::move(file)).run();
  if (errno == ENOENT) return std::optional<LoggedState>();
  return system_failure(path, errno);
}

}  // namespace spin
