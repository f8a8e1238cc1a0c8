#include "schema/data/packed_file.h"

#include <array>
#include <cerrno>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "schema/base/file.h"
#include "schema/data/folder_listing.h"

namespace spin {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
constexpr std::int64_t kLeastGzipBytes = 18;  // header and trailer

using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;

/// Table k: what a byte does to the remainder k bytes later.
constexpr CrcTables make_crc_tables() {
  CrcTables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? 0xedb88320U : 0U);
    tables[0][byte] = value;
  }
  for (std::size_t k = 1; k < tables.size(); ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 0xff];
  return tables;
}

constexpr CrcTables kCrc = make_crc_tables();

std::uint32_t little_endian(const unsigned char* bytes) {
  return std::uint32_t{bytes[0]} | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
         std::uint32_t{bytes[3]} << 24;
}

/// CRC-32 as gzip has it, eight bytes at a time (M. Kounavis and F. Berry, 2005); `crc` begins as all ones.
std::uint32_t add_to_crc(std::uint32_t crc, const unsigned char* bytes, std::size_t count) {
  for (; count >= 8; count -= 8, bytes += 8) {
    const std::uint32_t low = crc ^ little_endian(bytes);
    const std::uint32_t high = little_endian(bytes + 4);
    crc = kCrc[7][low & 0xff] ^ kCrc[6][low >> 8 & 0xff] ^ kCrc[5][low >> 16 & 0xff] ^ kCrc[4][low >> 24] ^
          kCrc[3][high & 0xff] ^ kCrc[2][high >> 8 & 0xff] ^ kCrc[1][high >> 16 & 0xff] ^ kCrc[0][high >> 24];
  }
  for (; count > 0; --count) crc = crc >> 8 ^ kCrc[0][(crc ^ *bytes++) & 0xff];
  return crc;
}

class OpenFile {
 public:
  OpenFile(const std::filesystem::path& path, FileDescriptor file) : path_(path), file_(std::move(file)) {}

  Result<std::int64_t> size() const {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) return failed();
    return static_cast<std::int64_t>(status.st_size);
  }
  /// As many of `count` bytes from `offset` as there are.
  Result<std::size_t> read(std::int64_t offset, unsigned char* to, std::size_t count) const {
    std::size_t done = 0;
    while (done < count) {
      const auto got =
          ::pread(file_.get(), to + done, count - done, offset + static_cast<std::int64_t>(done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed();
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

 private:
  [[nodiscard]] Error failed() const { return cannot_read(path_, {errno, std::generic_category()}); }

  const std::filesystem::path& path_;
  FileDescriptor file_;
};

Result<ContentMark> mark_packed(const OpenFile& file, std::int64_t size) {
  if (size < kLeastGzipBytes) return Error{ErrorCode::data_loss, "too short for a gzip file"};
  std::array<unsigned char, 8> trailer{};
  SPIN_TRY(file.read(size - std::ssize(trailer), trailer.data(), trailer.size()));
  return ContentMark{little_endian(trailer.data() + 4), little_endian(trailer.data())};
}

Result<ContentMark> mark_plain(const OpenFile& file, std::int64_t size) {
  std::vector<unsigned char> block(kBlockBytes);
  std::uint32_t crc = ~std::uint32_t{0};
  std::int64_t done = 0;
  while (size <= kMarkedBytes) {
    SPIN_ASSIGN(const auto got, file.read(done, block.data(), block.size()));
    if (got == 0) break;
    crc = add_to_crc(crc, block.data(), got);
    done += static_cast<std::int64_t>(got);
  }
  return ContentMark{size, ~crc};
}

}  // namespace

Result<std::optional<std::filesystem::path>> find_maybe_gzip(const std::filesystem::path& folder,
                                                             std::string_view name) {
  for (const auto* suffix : {"", ".gz"}) {
    auto path = folder / (std::string(name) + suffix);
    SPIN_ASSIGN(const auto type, type_of(path));
    if (type == std::filesystem::file_type::regular) return std::optional(std::move(path));
  }
  return std::optional<std::filesystem::path>();
}

Result<ContentMark> mark_content(const std::filesystem::path& path) {
  SPIN_ASSIGN(auto descriptor, open_regular_file(path));
  const OpenFile file(path, std::move(descriptor));
  SPIN_ASSIGN(const auto size, file.size());
  std::array<unsigned char, 2> magic{};
  SPIN_ASSIGN(const auto got, file.read(0, magic.data(), magic.size()));
  const bool is_packed = got == magic.size() && magic[0] == 0x1f && magic[1] == 0x8b;
  auto mark = is_packed ? mark_packed(file, size) : mark_plain(file, size);
  if (!mark.ok()) return Error{mark.error().code, path.string() + ": " + mark.error().message};
  if (mark->bytes > kMarkedBytes) mark->crc32 = 0;
  return mark;
}

}  // namespace spin
