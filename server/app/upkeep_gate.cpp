#include <array>

#include "schema/base/clock.h"
#include "server/app/control_gate.h"
#include "server/app/defect_check.h"
#include "server/app/limited_query.h"
#include "server/app/worker_check.h"
#include "server/store/backup.h"
#include "server/store/backup_folder.h"
#include "server/store/doctor.h"

// What a ControlGate answers from the files, beside the strand.

namespace spin {

Result<bool> ControlGate::query(const std::string& sql, std::int64_t max_rows, QueryVisitor& visitor) {
  return run_limited_query(parts_.database, sql, {.reserve_bytes = parts_.reserve_bytes}, max_rows, visitor);
}

Status ControlGate::backup(const std::string& name, bool replace,
                           const std::function<bool(const BackupProgress&)>& progress) {
  const CopyOptions options{.replace = replace, .reserve_bytes = parts_.reserve_bytes};
  SPIN_ASSIGN(const auto path, path_of_backup(parts_.backups, name, replace, wall_clock_ms()));
  SPIN_ASSIGN(const CopySummary summary,
              back_up_database(parts_.database, path, options, [&](std::int64_t done, std::int64_t total) {
                return progress({.done_bytes = done, .total_bytes = total});
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
  SPIN_ASSIGN(const auto live, parts_.strand.ask([&engine = parts_.engine] {
    return std::array{check_workers(engine.coordinator()), check_defects(engine.coordinator())};
  }));
  checks.insert(checks.end(), live.begin(), live.end());
  return checks;
}

}  // namespace spin
