#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "schema/base/result.h"

// What SQLite makes of a write-ahead log that it finds at a start, read without SQLite:
// https://www.sqlite.org/fileformat2.html, section 4, "The Write-Ahead Log".

namespace spin {

/// The state of the database after the last commit in a log.
struct LoggedState {
  std::uint32_t page_bytes = 0;
  std::uint32_t pages = 0;    ///< of the whole database
  std::vector<bool> is_held;  ///< by page number, from 0 though there is no page 0: the log has the page
  [[nodiscard]] bool holds(std::uint64_t page) const { return page < is_held.size() && is_held[page]; }
};

/// None where the log is not there or holds no whole commit. `path` is that of the log. An error is one of
/// the system.
Result<std::optional<LoggedState>> read_log(const std::filesystem::path& path);

}  // namespace spin
