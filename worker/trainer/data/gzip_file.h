#pragma once

#include <filesystem>
#include <string>

#include "schema/base/result.h"

namespace spin {

/// Files of data sets beyond this are refused, packed or not.
inline constexpr std::size_t kDataFileLimit = std::size_t{4} << 30;

/// Reads a file, unpacking it where it begins as gzip data do, whatever its name: all members, as gunzip
/// does, with zeros behind them. not_found, data_loss where it is corrupt, cut short or followed by something
/// else, unsupported where this build has no zlib.
Result<std::string> read_maybe_gzip(const std::filesystem::path& path);

}  // namespace spin
