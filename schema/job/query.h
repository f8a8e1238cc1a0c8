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

/// Takes what a query answers, on the thread that runs it.
class QueryVisitor {
 public:
  virtual ~QueryVisitor() = default;
  /// Once, before the first row.
  virtual void columns(std::vector<std::string> names) = 0;
  /// False ends the query.
  virtual bool row(QueryRow row) = 0;
  /// Asked about every millisecond while the query runs; false ends it.
  [[nodiscard]] virtual bool go_on() = 0;
};

}  // namespace spin
