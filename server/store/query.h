#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/job/query.h"

namespace spin {

struct QueryLimits {
  std::int64_t rows = 100'000;
  std::int64_t bytes = 64 << 20;  ///< of all values
  /// While a query runs, the writer cannot reuse its log.
  std::chrono::milliseconds time{30'000};
  std::int64_t memory_bytes = 64 << 20;
  std::int64_t disk_bytes = std::int64_t{1} << 30U;  ///< of temporary files
  std::uint64_t reserve_bytes = 0;                   ///< that stay free on their disk
  std::filesystem::path folder{};                    ///< of temporary files; empty = that of the database
};

/// Runs one SELECT, WITH .. SELECT, VALUES or EXPLAIN on a read-only connection of its own, which sees what
/// is committed when it begins and never blocks the writer. Nothing but reading is possible: no other file,
/// no setting, no write. invalid_argument: SQLite's message, and what views or columns there are;
/// resource_exhausted: a limit, after the rows that fit; unavailable: the visitor ended it.
Status run_query(const std::filesystem::path& database, const std::string& sql, const QueryLimits& limits,
                 QueryVisitor& visitor);

}  // namespace spin
