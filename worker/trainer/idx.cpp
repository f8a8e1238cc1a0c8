#include "worker/trainer/idx.h"

#include <algorithm>
#include <limits>
#include <utility>

#ifdef SPIN_HAVE_ZLIB
#include <zlib.h>
#endif

#include "schema/base/file.h"

namespace spin {
namespace {

constexpr std::size_t kFileLimit = std::size_t{4} << 30;
constexpr std::uint32_t kUnsignedBytes = 0x08;  // the magic number is 00 00 TYPE RANK

std::uint32_t big_endian(const std::string& bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[offset + i]);
  return value;
}

std::string hex(std::uint32_t value) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) text += digits[value >> shift & 0xf];
  return text;
}

Error damaged(const std::string& name, const std::string& what) {
  return {ErrorCode::data_loss, name + ": " + what};
}

#ifdef SPIN_HAVE_ZLIB
/// An inflate stream that ends itself.
struct Inflater {
  z_stream stream{};
  bool ready = inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK;  // 16: a gzip header is demanded
  Inflater() = default;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ready) inflateEnd(&stream);
  }
};

Result<std::string> gunzip(const std::string& packed, const std::string& name) {
  Inflater inflater;
  if (!inflater.ready) return Error{ErrorCode::resource_exhausted, name + ": no memory to unpack it"};
  auto& stream = inflater.stream;
  if (packed.size() > std::numeric_limits<uInt>::max())
    return Error{ErrorCode::resource_exhausted, name + ": larger than 4 GiB"};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // zlib reads only
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out(std::max<std::size_t>(packed.size() * 4, 4096), '\0');
  int code = Z_OK;
  while (code == Z_OK) {
    if (stream.total_out == out.size()) out.resize(out.size() * 2);
    if (out.size() > kFileLimit)
      return Error{ErrorCode::resource_exhausted, name + ": unpacks to more than 4 GiB"};
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + stream.total_out);
    stream.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size() - stream.total_out, 1U << 30));
    code = inflate(&stream, Z_NO_FLUSH);
    if (code == Z_BUF_ERROR && stream.avail_out == 0) code = Z_OK;
    if (code == Z_OK && stream.avail_in == 0 && stream.avail_out != 0) code = Z_BUF_ERROR;
  }
  if (code == Z_BUF_ERROR)
    return damaged(name, "truncated: the gzip data ends after " + std::to_string(packed.size()) +
                             " bytes without its end mark; fetch the file again");
  if (code != Z_STREAM_END)
    return damaged(name, std::string("not valid gzip data") +
                             (stream.msg ? std::string(" (") + stream.msg + ")" : "") +
                             "; fetch the file again");
  if (stream.avail_in != 0)
    return damaged(name,
                   std::to_string(stream.avail_in) + " bytes follow the end of the gzip data; expected none");
  out.resize(stream.total_out);
  return out;
}
#else
Result<std::string> gunzip(const std::string&, const std::string& name) {
  return Error{
      ErrorCode::unsupported,
      name +
          ": this spin-train was built without zlib and reads no .gz files; gunzip the file, or build "
          "where zlib's development files are installed"};
}
#endif

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
    if (__builtin_mul_overflow(elements, std::uint64_t{size}, &elements) || elements > kFileLimit)
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

Result<std::string> read_maybe_gzip(const std::filesystem::path& path) {
  SPIN_ASSIGN(auto bytes, read_file(path, kFileLimit));
  if (path.extension() == ".gz") return gunzip(bytes, path.string());
  return bytes;
}

Result<IdxArray> read_idx(const std::filesystem::path& path, int rank) {
  SPIN_ASSIGN(auto bytes, read_maybe_gzip(path));
  return parse_idx(std::move(bytes), rank, path.string());
}

}  // namespace spin
