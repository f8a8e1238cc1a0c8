#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"

namespace spin {

/// An array of unsigned bytes as MNIST's IDX files hold it.
struct IdxArray {
  std::vector<std::int64_t> shape;  ///< outermost dimension first
  std::string bytes;                ///< header included; the elements start at `offset`
  std::size_t offset = 0;
  [[nodiscard]] const std::uint8_t* data() const {
    return reinterpret_cast<const std::uint8_t*>(bytes.data()) + offset;
  }
};

/// Interprets `bytes` (not compressed) as an IDX array of `rank` dimensions. data_loss, with `name` in front
/// of the message, where the magic number is another, or the file is longer or shorter than its header says.
Result<IdxArray> parse_idx(std::string bytes, int rank, const std::string& name);

/// Reads the file, unpacked where it is gzip data, and interprets it.
Result<IdxArray> read_idx(const std::filesystem::path& path, int rank);

}  // namespace spin
