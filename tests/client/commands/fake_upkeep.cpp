#include "tests/client/commands/fake_upkeep.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>

namespace spin::cli {
namespace {

constexpr std::size_t kOwnLimit = 100;
constexpr std::int64_t kBackupBytes = 4096;
/// Between two looks whether the client of a held backup is gone.
constexpr std::chrono::milliseconds kStep{10};

}  // namespace

void FakeUpkeep::set_checks(std::vector<CheckRow> checks) {
  const std::lock_guard lock(mutex_);
  checks_ = std::move(checks);
}

bool FakeUpkeep::was_deep() const {
  const std::lock_guard lock(mutex_);
  return was_deep_;
}

void FakeUpkeep::hold_backups() {
  const std::lock_guard lock(mutex_);
  holds_backups_ = true;
}

bool FakeUpkeep::has_begun_backup() const {
  const std::lock_guard lock(mutex_);
  return has_begun_backup_;
}

std::vector<std::string> FakeUpkeep::backups() const {
  const std::lock_guard lock(mutex_);
  return backups_;
}

Result<bool> FakeUpkeep::query(const std::string& sql, std::int64_t max_rows, QueryVisitor& visitor) {
  const std::lock_guard lock(mutex_);
  auto answer = database_.ask(sql);
  if (!answer.error.empty()) return Error{ErrorCode::invalid_argument, answer.error};
  visitor.columns(std::move(answer.columns));
  const auto limit = max_rows > 0 ? static_cast<std::size_t>(max_rows) : kOwnLimit;
  for (std::size_t i = 0; i < std::min(limit, answer.rows.size()); ++i)
    visitor.row(std::move(answer.rows[i]));
  return answer.rows.size() > limit;
}

Status FakeUpkeep::backup(const std::string& name, bool replace,
                          const std::function<bool(const BackupProgress&)>& progress) {
  bool is_held = false;
  {
    const std::lock_guard lock(mutex_);
    const bool is_there = std::find(backups_.begin(), backups_.end(), name) != backups_.end();
    if (is_there && !replace) return Error{ErrorCode::already_exists, name + " is there already"};
    std::erase(backups_, name);
    has_begun_backup_ = true;
    is_held = holds_backups_;
  }
  bool goes_on = progress({.done_bytes = kBackupBytes / 2, .total_bytes = kBackupBytes});
  std::mutex held;
  std::unique_lock hold(held);
  for (std::condition_variable never; is_held && goes_on;) {
    never.wait_for(hold, kStep);
    goes_on = progress({.done_bytes = kBackupBytes / 2, .total_bytes = kBackupBytes});
  }
  if (!goes_on) return Error{ErrorCode::unavailable, "broken off"};
  const std::lock_guard lock(mutex_);
  backups_.push_back(name);
  progress({.done_bytes = kBackupBytes,
            .total_bytes = kBackupBytes,
            .complete = true,
            .path = "/backups/" + name});
  return {};
}

Result<std::vector<CheckRow>> FakeUpkeep::examine(bool deep) {
  const std::lock_guard lock(mutex_);
  was_deep_ = deep;
  return checks_;
}

}  // namespace spin::cli
