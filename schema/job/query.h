#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

// What a query in SQL answers, as plain values.

namespace spin {

/// Bytes that are no text, in hexadecimal digits.
struct QueryBlob {
  std::string hex;
  bool operator==(const QueryBlob&) const = default;
};

/// NULL, INTEGER, REAL, TEXT or BLOB. SQLite has no "not a number".
using QueryValue = std::variant<std::monostate, std::int64_t, double, std::string, QueryBlob>;

/// As many values as there are columns.
using QueryRow = std::vector<QueryValue>;

}  // namespace spin
