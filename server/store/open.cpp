#include "server/store/open.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "server/store/migrate.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr char kSelectBootEpoch[] = "SELECT value FROM meta WHERE key = 'boot_epoch'";
// Not below the clock: a database made anew, or an older copy put back, would otherwise issue once more the
// tokens that results of before, kept by a worker, still carry.
constexpr char kRaiseBootEpoch[] =
    "UPDATE meta SET value = max(value + 1, unixepoch()) WHERE key = 'boot_epoch'";

fs::path beside(fs::path path, const char* suffix) { return path += suffix; }

Error damaged(const fs::path& path, const std::string& what) {
  return Error{ErrorCode::data_loss, "database " + path.string() + " " + what + kWayOut};
}

Result<FileDescriptor> take_lock(const fs::path& path) {
  const auto lock_path = beside(path, ".lock");
  auto lock = lock_file(lock_path);
  if (lock.ok() || lock.error().code != ErrorCode::already_exists) return lock;
  const auto pid = read_file(lock_path, 32);
  return Error{ErrorCode::already_exists, "database " + path.string() + " is in use by spind" +
                                              (pid.ok() && !pid->empty() ? " pid " + *pid : "")};
}

/// The file appears complete or not at all, so that an empty file is always one that lost its content.
Status create(const fs::path& path) {
  std::error_code error;
  if (fs::file_size(beside(path, "-wal"), error) > 0 && !error) {
    return damaged(path,
                   "is missing, but its write-ahead log " + beside(path, "-wal").string() + " is there");
  }
  const auto fresh = beside(path, ".new");
  fs::remove(fresh, error);
  const FileDescriptor file(::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.is_open()) {
    return Error{ErrorCode::internal,
                 "database " + path.string() + " cannot be made: " + std::strerror(errno)};
  }
  {
    SPIN_ASSIGN(auto database, Database::open(fresh, Database::Mode::read_write));
    SPIN_TRY(migrate(database));
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    return Error{ErrorCode::internal,
                 "database " + path.string() + " cannot be made: " + std::strerror(errno)};
  }
  return sync_folder(path.parent_path());
}

std::uint32_t big_endian(const unsigned char* bytes, int count) {
  std::uint32_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8U | bytes[i];
  return value;
}

/// SQLite reads what is missing behind the end of a file as zeros, which the integrity check does not always
/// notice. The header tells how long the file is, unless the log still holds pages of it. Before SQLite opens
/// the file, because closing it here would drop SQLite's locks.
Status check_length(const fs::path& path, std::uint64_t bytes) {
  std::error_code error;
  if (fs::file_size(beside(path, "-wal"), error) > 0 && !error) return {};
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  unsigned char header[100] = {};
  if (!file.is_open() || ::pread(file.get(), header, sizeof header, 0) < 0) {
    return Error{ErrorCode::internal,
                 "database " + path.string() + " cannot be read: " + std::strerror(errno)};
  }
  // SQLite's file format, section 1.3: page size at 16, change counter at 24, pages at 28, "pages is valid
  // for" at 92.
  const auto page_bytes = big_endian(header + 16, 2) == 1 ? 65536U : big_endian(header + 16, 2);
  const bool is_database = std::memcmp(header, "SQLite format 3", 16) == 0;
  const bool counted = big_endian(header + 24, 4) == big_endian(header + 92, 4);
  const auto expected = std::uint64_t{big_endian(header + 28, 4)} * page_bytes;
  if (!is_database || !counted || bytes >= expected) return {};
  return damaged(path, "is cut: it has " + std::to_string(bytes) + " bytes of " + std::to_string(expected));
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

Status check_integrity(Database& database) {
  SPIN_ASSIGN(const auto answer, database.text("PRAGMA quick_check(1)"));
  if (answer == "ok") return {};
  return damaged(database.path(), "is damaged: " + answer);
}

Result<std::int64_t> raise_boot_epoch(Database& database) {
  SPIN_ASSIGN(auto transaction, Transaction::begin(database, Transaction::Kind::write));
  SPIN_TRY(database.run(kRaiseBootEpoch));
  SPIN_ASSIGN(const auto epoch, database.integer(kSelectBootEpoch));
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
    SPIN_TRY(check_length(path, static_cast<std::uint64_t>(file.st_size)));
  }
  SPIN_ASSIGN(auto database, Database::open(path, Database::Mode::read_write));
  SPIN_TRY(check_identity(database));
  SPIN_TRY(configure(database));
  SPIN_TRY(check_integrity(database));
  SPIN_TRY(migrate(database));
  SPIN_ASSIGN(const auto epoch, raise_boot_epoch(database));
  return OpenDatabase{std::move(lock), std::move(database), epoch};
}

}  // namespace

Result<OpenDatabase> open_database(const fs::path& path) {
  std::error_code error;
  // One database has one lock, by whatever link it is reached.
  const auto canonical = fs::weakly_canonical(fs::absolute(path), error);
  if (error || !fs::is_directory(canonical.parent_path(), error)) {
    return Error{ErrorCode::not_found, "database " + path.string() + ": there is no folder " +
                                           fs::absolute(path).parent_path().string()};
  }
  SPIN_ASSIGN(auto lock, take_lock(canonical));
  return open_locked(canonical, std::move(lock));
}

}  // namespace spin
