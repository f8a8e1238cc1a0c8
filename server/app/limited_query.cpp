#include "server/app/limited_query.h"

#include <algorithm>
#include <utility>

namespace spin {
namespace {

/// Counts rows, to tell a query that was cut at its limit from one that had too much to do.
class CountedRows final : public QueryVisitor {
 public:
  explicit CountedRows(QueryVisitor& visitor) : visitor_(visitor) {}
  void columns(std::vector<std::string> names) override { visitor_.columns(std::move(names)); }
  bool row(QueryRow row) override {
    ++rows_;
    return visitor_.row(std::move(row));
  }
  [[nodiscard]] bool go_on() override { return visitor_.go_on(); }
  [[nodiscard]] std::int64_t rows() const { return rows_; }

 private:
  QueryVisitor& visitor_;
  std::int64_t rows_ = 0;
};

}  // namespace

Result<bool> run_limited_query(const std::filesystem::path& database, const std::string& sql,
                               QueryLimits limits, std::int64_t max_rows, QueryVisitor& visitor) {
  if (max_rows > 0) limits.rows = std::min(limits.rows, max_rows);
  CountedRows counted(visitor);
  const Status status = run_query(database, sql, limits, counted);
  if (status.ok()) return false;
  if (status.error().code == ErrorCode::resource_exhausted && counted.rows() == limits.rows) return true;
  return status.error();
}

}  // namespace spin
