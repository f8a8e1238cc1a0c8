#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "schema/base/result.h"

namespace spin {

/// The path of `name` in `folder`, or else of its compressed form `name`.gz; nothing where there is neither.
/// internal where a file system gives an error that may pass.
Result<std::optional<std::filesystem::path>> find_maybe_gzip(const std::filesystem::path& folder,
                                                             std::string_view name);

/// What a file holds, unpacked, told from other contents.
struct ContentMark {
  std::int64_t bytes = 0;
  std::uint32_t crc32 = 0;  ///< 0 of a content above kMarkedBytes, which is told by its size alone
  bool operator==(const ContentMark&) const = default;
};
inline constexpr std::int64_t kMarkedBytes = std::int64_t{256} << 20;

/// The same whether the file is plain or packed. Of packed ones it is what gzip wrote at their end (RFC 1952:
/// CRC-32 and size of the last member), so that nothing is unpacked; plain ones are read. Errors of
/// open_regular_file(); data_loss where a packed file is too short.
Result<ContentMark> mark_content(const std::filesystem::path& path);

}  // namespace spin
