#include "server/store/open.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "server/store/database_files.h"
#include "server/store/file_system.h"
#include "server/store/migrate.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr char kSelectBootEpoch[] = "SELECT value FROM meta WHERE key = 'boot_epoch'";
// Not below the clock: a database made anew, or an older copy put back, would otherwise issue once more the
// tokens that results of before, kept by a worker, still carry.
constexpr char kRaiseBootEpoch[] =
    "UPDATE meta SET value = max(value + 1, unixepoch()) WHERE key = 'boot_epoch'";

/// The file appears complete or not at all, so that an empty file is always one that lost its content.
Status create(const fs::path& path) {
  if (size_of_file(beside(path, "-wal")) > 0) {
    return damaged(path,
                   "is missing, but its write-ahead log " + beside(path, "-wal").string() + " is there");
  }
  const auto fresh = beside(path, ".new");
  std::error_code error;
  fs::remove(fresh, error);
  const FileDescriptor file(::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.is_open()) {
    return Error{ErrorCode::internal,
                 "database " + path.string() + " cannot be made: " + std::strerror(errno)};
  }
  {
    SPIN_ASSIGN(auto database, Database::open(fresh, Database::Mode::read_write));
    SPIN_TRY(bring_up_to_date(database));
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    return Error{ErrorCode::internal,
                 "database " + path.string() + " cannot be made: " + std::strerror(errno)};
  }
  return sync_folder(path.parent_path());
}

Status configure(Database& database) {
  SPIN_TRY(database.run("PRAGMA cache_size = -" + std::to_string(kCacheKib)));
  SPIN_ASSIGN(const auto mode, database.text("PRAGMA journal_mode = WAL"));
  if (mode != "wal") {
    return Error{ErrorCode::failed_precondition,
                 "database " + database.path().string() +
                     ": the file system does not support a write-ahead log; use a " + "local disk"};
  }
  SPIN_TRY(database.run("PRAGMA synchronous = FULL"));
  return database.run("PRAGMA wal_autocheckpoint = 0");
}

Result<std::int64_t> raise_boot_epoch(Database& database) {
  SPIN_ASSIGN(auto transaction, Transaction::begin(database, Transaction::Kind::write));
  SPIN_TRY(database.run(kRaiseBootEpoch));
  SPIN_ASSIGN(const auto epoch, read_boot_epoch(database));
  SPIN_TRY(transaction.commit());
  return epoch;
}

Result<OpenDatabase> open_locked(const fs::path& path, FileDescriptor lock) {
  struct ::stat file {};
  if (::stat(path.c_str(), &file) != 0) {
    SPIN_TRY(create(path));
  } else if (!S_ISREG(file.st_mode)) {
    return Error{ErrorCode::invalid_argument, "database " + path.string() + " is not a file"};
  } else if (file.st_size == 0) {
    return damaged(path, "is empty: it lost its content");
  } else if ((file.st_mode & 0077U) != 0 && ::chmod(path.c_str(), 0600) != 0) {
    return Error{ErrorCode::internal,
                 "database " + path.string() + " is open to others and belongs to another user"};
  } else {
    SPIN_TRY(check_length(path));
  }
  SPIN_ASSIGN(auto readers_lock, lock_out_readers(path));
  SPIN_ASSIGN(auto database, Database::open(path, Database::Mode::read_write));
  SPIN_TRY(check_identity(database));
  SPIN_TRY(configure(database));
  SPIN_TRY(bring_up_to_date(database));
  SPIN_ASSIGN(const auto epoch, raise_boot_epoch(database));
  return OpenDatabase{std::move(lock), std::move(readers_lock), std::move(database), epoch};
}

}  // namespace

Status quick_check(Database& database) {
  const auto answer = database.text("PRAGMA quick_check(1)");
  if (!answer.ok()) return answer.error();
  if (*answer == "ok") return {};
  return damaged(database.path(), "is damaged: " + *answer);
}

Result<std::int64_t> read_boot_epoch(Database& database) { return database.integer(kSelectBootEpoch); }

Result<OpenDatabase> open_database(const fs::path& path) {
  SPIN_ASSIGN(const auto canonical, canonical_database_path(path));
  SPIN_TRY(check_local(canonical));
  SPIN_ASSIGN(auto lock, lock_database(canonical));
  return open_locked(canonical, std::move(lock));
}

}  // namespace spin
