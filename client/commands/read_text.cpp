#include "client/commands/read_text.h"

#include <cerrno>
#include <fstream>
#include <iostream>
#include <system_error>

#include <fmt/format.h>

namespace spin::cli {
namespace {

/// Everything up to one byte more than the limit.
Result<std::string> read_limited(std::istream& stream, const std::string& name, const TextLimit& limit) {
  std::string text(limit.bytes + 1, '\0');
  errno = 0;
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || (stream.gcount() == 0 && errno != 0))
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{}: cannot be read: {}", name, std::generic_category().message(errno))};
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > limit.bytes)
    return Error{
        ErrorCode::invalid_argument,
        fmt::format("{}: {} has at most {} bytes, and this one is larger", name, limit.what, limit.bytes)};
  return text;
}

}  // namespace

Result<std::string> read_text(const std::string& file, const TextLimit& limit) {
  if (file == "-") return read_limited(std::cin, "standard input", limit);
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    const auto code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::invalid_argument;
    return Error{code, fmt::format("{}: {}", file, std::generic_category().message(errno))};
  }
  return read_limited(stream, file, limit);
}

}  // namespace spin::cli
