#include <algorithm>
#include <utility>

#include "schema/base/clock.h"
#include "server/app/control_gate.h"
#include "server/app/defect_check.h"
#include "server/store/backup.h"
#include "server/store/backup_folder.h"
#include "server/store/doctor.h"
#include "server/store/query.h"

// What a ControlGate answers from the files, beside the strand.

namespace spin {
namespace {

constexpr std::int64_t kPageBytes = 4096;

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

Result<bool> ControlGate::query(const std::string& sql, std::int64_t max_rows, QueryVisitor& visitor) {
  SPIN_ASSIGN(const auto slot, query_slots_.take([&visitor] { return visitor.go_on(); }));
  QueryLimits limits;
  limits.reserve_bytes = parts_.reserve_bytes;
  if (max_rows > 0) limits.rows = std::min(limits.rows, max_rows);
  CountedRows counted(visitor);
  const Status status = run_query(parts_.database, sql, limits, counted);
  if (status.ok()) return false;
  if (status.error().code == ErrorCode::resource_exhausted && counted.rows() == limits.rows) return true;
  return status.error();
}

Status ControlGate::backup(const std::string& name, bool replace,
                           const std::function<bool(const BackupProgress&)>& progress) {
  const CopyOptions options{.replace = replace, .reserve_bytes = parts_.reserve_bytes};
  SPIN_ASSIGN(const auto path, path_of_backup(parts_.backups, name, replace, wall_clock_ms()));
  SPIN_ASSIGN(const CopySummary summary,
              back_up_database(parts_.database, path, options, [&](std::int64_t done, std::int64_t total) {
                return progress({.done_bytes = done * kPageBytes, .total_bytes = total * kPageBytes});
              }));
  progress(
      {.done_bytes = summary.bytes, .total_bytes = summary.bytes, .complete = true, .path = path.string()});
  return {};
}

Result<std::vector<CheckRow>> ControlGate::examine(bool deep, const std::function<bool()>& go_on) {
  SPIN_ASSIGN(auto checks, spin::examine({.database = parts_.database,
                                          .artifacts = parts_.artifacts,
                                          .backups = parts_.backups,
                                          .socket = parts_.socket,
                                          .deep = deep,
                                          .now_ms = wall_clock_ms(),
                                          .reserve_bytes = parts_.reserve_bytes,
                                          .go_on = go_on}));
  SPIN_ASSIGN(auto rules,
              parts_.strand.ask([&engine = parts_.engine] { return check_defects(engine.coordinator()); }));
  checks.push_back(std::move(rules));
  return checks;
}

}  // namespace spin
