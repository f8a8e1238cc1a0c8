#include "worker/trainer/data/gzip_file.h"

#include <algorithm>
#include <limits>
#include <vector>

#ifdef SPIN_HAVE_ZLIB
#include <zlib.h>
#endif

#include "schema/base/file.h"

namespace spin {
namespace {

// What begins like this is packed, whatever it is called: no IDX or CIFAR file does.
constexpr std::string_view kMagic = "\x1f\x8b";

[[maybe_unused]] Error damaged(const std::string& name, const std::string& what) {
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

constexpr std::size_t kBlockBytes = std::size_t{1} << 16;

/// Unpacks the member that `stream` is at the beginning of, and appends it to `out`.
Status unpack_member(z_stream& stream, const std::string& name, std::string& out) {
  std::vector<char> block(kBlockBytes);
  int code = Z_OK;
  while (code == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = kBlockBytes;
    code = inflate(&stream, Z_NO_FLUSH);
    out.append(block.data(), kBlockBytes - stream.avail_out);
    if (out.size() > kDataFileLimit)
      return Error{ErrorCode::resource_exhausted, name + ": unpacks to more than 4 GiB"};
  }
  if (code == Z_STREAM_END) return {};
  if (code == Z_BUF_ERROR)
    return damaged(name, "truncated: the gzip data ends after " + std::to_string(stream.total_in) +
                             " bytes without its end mark; fetch the file again");
  return damaged(name, std::string("not valid gzip data") +
                           (stream.msg ? std::string(" (") + stream.msg + ")" : "") +
                           "; fetch the file again");
}

/// What follows the last member: nothing, or zeros as tapes leave them, which gunzip passes over as well. It
/// warns of anything else; here that is damage.
Status check_rest(std::string_view rest, const std::string& name) {
  if (std::all_of(rest.begin(), rest.end(), [](char c) { return c == '\0'; })) return {};
  return damaged(name,
                 std::to_string(rest.size()) +
                     " bytes follow the end of the gzip data; expected none but zeros or more gzip data");
}

/// RFC 1952: a file is a row of members, whose contents belong together.
Result<std::string> gunzip(const std::string& packed, const std::string& name) {
  Inflater inflater;
  if (!inflater.ready) return Error{ErrorCode::resource_exhausted, name + ": no memory to unpack it"};
  auto& stream = inflater.stream;
  if (packed.size() > std::numeric_limits<uInt>::max())
    return Error{ErrorCode::resource_exhausted, name + ": larger than 4 GiB"};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // zlib reads only
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  const auto rest = [&] { return std::string_view(packed).substr(packed.size() - stream.avail_in); };
  do {
    SPIN_TRY(unpack_member(stream, name, out));
    inflateReset(&stream);
  } while (rest().starts_with(kMagic));
  SPIN_TRY(check_rest(rest(), name));
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

Result<std::string> read_maybe_gzip(const std::filesystem::path& path) {
  SPIN_ASSIGN(auto bytes, read_file(path, kDataFileLimit));
  if (bytes.starts_with(kMagic)) return gunzip(bytes, path.string());
  return bytes;
}

}  // namespace spin
