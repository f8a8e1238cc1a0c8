#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "schema/base/ids.h"
#include "schema/base/result.h"
#include "server/store/database.h"

// How a job is found among a million by its identity, and a cell by its name. An index would cost a write at
// random for each that is stored; instead each part of a sweep leaves a row with four bytes of each of its
// jobs, and one with four of each of its cells, and who looks for one reads those.

namespace spin {

/// Of the identities, by the numbers of jobs; those of names are by the position of the cell in its sweep,
/// whose ids begin at 1.
inline constexpr std::int64_t kIdentityMarks = 0;

std::uint32_t mark_of(const Digest& identity);  ///< its first 8 digits
std::uint32_t mark_of(std::string_view name);

class MarkWriter {
 public:
  /// The database outlives the writer.
  static Result<MarkWriter> make(Database& database);
  /// `list`: kIdentityMarks or a sweep; the marks of `first`, `first` + 1, ... Inside a transaction of the
  /// caller.
  Status store(std::int64_t list, std::int64_t first, std::span<const std::uint32_t> marks);

 private:
  Statement insert_;
};

class MarkReader {
 public:
  static Result<MarkReader> make(Database& database);
  /// Where the mark stands; what is there now may be another job, or none.
  Result<std::vector<std::int64_t>> find(std::int64_t list, std::uint32_t mark);

 private:
  Statement select_;
};

}  // namespace spin
