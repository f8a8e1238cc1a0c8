#include "worker/trainer/data/gzip_file.h"

#include <algorithm>
#include <limits>

#ifdef SPIN_HAVE_ZLIB
#include <zlib.h>
#endif

#include "schema/base/file.h"

namespace spin {
namespace {

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
    if (out.size() > kDataFileLimit)
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

std::optional<std::filesystem::path> find_maybe_gzip(const std::filesystem::path& folder,
                                                     std::string_view name) {
  for (const auto* suffix : {"", ".gz"}) {
    auto path = folder / (std::string(name) + suffix);
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored)) return path;
  }
  return std::nullopt;
}

Result<std::string> read_maybe_gzip(const std::filesystem::path& path) {
  SPIN_ASSIGN(auto bytes, read_file(path, kDataFileLimit));
  if (path.extension() == ".gz") return gunzip(bytes, path.string());
  return bytes;
}

}  // namespace spin
