#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/job/upkeep.h"
#include "tests/client/commands/views_database.h"

namespace spin::cli {

/// What a coordinator does for its own upkeep, in memory: queries over real views, backups that are names,
/// checks that the test sets. Thread-safe.
class FakeUpkeep {
 public:
  void set_checks(std::vector<CheckRow> checks);
  [[nodiscard]] bool was_deep() const;
  /// Backups stop half-way until their client is gone.
  void hold_backups();
  [[nodiscard]] bool has_begun_backup() const;
  /// Names of files that hold a whole backup.
  [[nodiscard]] std::vector<std::string> backups() const;

  Result<bool> query(const std::string& sql, std::int64_t max_rows, QueryVisitor& visitor);
  Status backup(const std::string& name, bool replace,
                const std::function<bool(const BackupProgress&)>& progress);
  Result<std::vector<CheckRow>> examine(bool deep);

 private:
  mutable std::mutex mutex_;
  // Behind mutex_.
  std::vector<CheckRow> checks_;
  std::vector<std::string> backups_;
  ViewsDatabase database_;
  bool was_deep_ = false;
  bool holds_backups_ = false;
  bool has_begun_backup_ = false;
};

}  // namespace spin::cli
