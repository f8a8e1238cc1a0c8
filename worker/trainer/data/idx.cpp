#include "worker/trainer/data/idx.h"

#include <utility>

#include "schema/base/hex.h"
#include "worker/trainer/data/gzip_file.h"

namespace spin {
namespace {

constexpr std::uint32_t kUnsignedBytes = 0x08;  // the magic number is 00 00 TYPE RANK

std::uint32_t big_endian(const std::string& bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[offset + i]);
  return value;
}

std::string hex(std::uint32_t value) { return "0x" + hex_digits(value, 8); }

Error damaged(const std::string& name, const std::string& what) {
  return {ErrorCode::data_loss, name + ": " + what};
}

}  // namespace

Result<IdxArray> parse_idx(std::string bytes, int rank, const std::string& name) {
  const auto header = 4 + 4 * static_cast<std::size_t>(rank);
  if (bytes.size() < header)
    return damaged(name, "truncated: an IDX header of " + std::to_string(header) +
                             " bytes was expected, the file has " + std::to_string(bytes.size()));
  const auto expected_magic = kUnsignedBytes << 8 | static_cast<std::uint32_t>(rank);
  const auto magic = big_endian(bytes, 0);
  if (magic != expected_magic)
    return damaged(name, "magic number " + hex(magic) + " where " + hex(expected_magic) +
                             " (IDX, unsigned bytes, " + std::to_string(rank) + " dimensions) was expected");
  IdxArray array;
  std::uint64_t elements = 1;
  for (int i = 0; i < rank; ++i) {
    const auto size = big_endian(bytes, 4 + 4 * static_cast<std::size_t>(i));
    if (size == 0) return damaged(name, "dimension " + std::to_string(i) + " is 0; expected at least 1");
    array.shape.push_back(size);
    if (__builtin_mul_overflow(elements, std::uint64_t{size}, &elements) || elements > kDataFileLimit)
      return damaged(name, "the header announces more than 4 GiB of data; the header is damaged");
  }
  const auto found = bytes.size() - header;
  if (found < elements)
    return damaged(name, "truncated: " + std::to_string(elements) + " bytes of data were expected, found " +
                             std::to_string(found));
  if (found > elements)
    return damaged(name, std::to_string(found - elements) + " bytes follow the " + std::to_string(elements) +
                             " that the header announces; expected none");
  array.bytes = std::move(bytes);
  array.offset = header;
  return array;
}

Result<IdxArray> read_idx(const std::filesystem::path& path, int rank) {
  SPIN_ASSIGN(auto bytes, read_maybe_gzip(path));
  return parse_idx(std::move(bytes), rank, path.string());
}

}  // namespace spin
