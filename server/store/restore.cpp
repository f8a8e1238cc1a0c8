#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "server/store/backup.h"
#include "server/store/database_files.h"
#include "server/store/migrate.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

Status check_backup_file(const fs::path& backup) {
  std::error_code error;
  if (!fs::exists(backup, error)) return Error{ErrorCode::not_found, "there is no backup " + backup.string()};
  if (!fs::is_regular_file(backup, error)) {
    return Error{ErrorCode::invalid_argument, "backup " + backup.string() + " is not a file"};
  }
  SPIN_ASSIGN(const auto header, read_header(backup));
  if (header) return check_length(backup);
  return Error{ErrorCode::data_loss,
               "backup " + backup.string() +
                   " is not a database: it was overwritten or cut, or another program made it; "
                   "give a file that a backup of spin made"};
}

/// Of a backup that is itself a database which a spind may serve; none where nobody ever did.
Result<std::optional<FileDescriptor>> lock_if_served(const fs::path& backup) {
  std::error_code error;
  if (!fs::exists(beside(backup, ".lock"), error)) return std::optional<FileDescriptor>();
  SPIN_ASSIGN(auto lock, lock_database(backup));
  return std::optional(std::move(lock));
}

bool is_anything_there(const fs::path& target) {
  std::error_code error;
  return fs::exists(fs::symlink_status(target, error)) || fs::exists(beside(target, "-wal"), error);
}

fs::path free_name(const fs::path& target) {
  for (int number = 1;; ++number) {
    auto name = beside(target, ".before-restore-" + std::to_string(number));
    if (!is_anything_there(name)) return name;
  }
}

/// The log goes after the database: a log without its database is noticed at the next start, a database
/// without its log is not.
Result<fs::path> move_away(const fs::path& target) {
  const auto name = free_name(target);
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    const auto from = beside(target, suffix);
    if (::rename(from.c_str(), beside(name, suffix).c_str()) != 0 && errno != ENOENT) {
      return system_failure(from, errno);
    }
  }
  SPIN_TRY(sync_folder(target.parent_path()));
  return name;
}

}  // namespace

Result<RestoreReport> restore_database(const fs::path& backup, const fs::path& target,
                                       const CopyOptions& options, const CopyProgress& progress) {
  SPIN_TRY(check_backup_file(backup));
  SPIN_ASSIGN(const auto from, canonical_database_path(backup));
  SPIN_ASSIGN(const auto to, canonical_database_path(target));
  if (from == to) {
    return Error{ErrorCode::invalid_argument, "backup " + backup.string() + " is the database itself"};
  }
  SPIN_ASSIGN(const auto lock, lock_database(to));
  SPIN_ASSIGN(const auto lock_of_backup, lock_if_served(from));
  if (is_anything_there(to) && !options.replace) {
    return Error{ErrorCode::already_exists, "database " + to.string() +
                                                " is there already; give another path, or "
                                                "--replace, which keeps it beside"};
  }
  std::optional<FileDescriptor> readers_lock;
  if (fs::is_regular_file(to)) {
    SPIN_ASSIGN(readers_lock, lock_out_readers(to));
  }
  SPIN_ASSIGN(auto source, Database::open(from, Database::Mode::read_only));
  source.never_checkpoint();
  SPIN_TRY(check_identity(source));
  SPIN_ASSIGN(auto copy, DatabaseCopy::make(source, to, options.reserve_bytes, progress));
  RestoreReport report{copy.summary(), {}};
  if (is_anything_there(to)) {
    SPIN_ASSIGN(report.moved_to, move_away(to));
  }
  SPIN_TRY(copy.publish());
  return report;
}

}  // namespace spin
