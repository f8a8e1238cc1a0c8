#include "server/store/read_only.h"

#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/base/database_lock.h"
#include "schema/base/percent.h"
#include "schema/sql/tables.h"
#include "server/store/database_files.h"
#include "server/store/migrate.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

Status check_file(const fs::path& path) {
  struct ::stat file {};
  if (::stat(path.c_str(), &file) != 0)
    return Error{ErrorCode::not_found, "there is no database " + path.string()};
  if (!S_ISREG(file.st_mode))
    return Error{ErrorCode::invalid_argument, "database " + path.string() + " is not a file"};
  if (::access(path.c_str(), R_OK) != 0)
    return Error{ErrorCode::invalid_argument, "database " + path.string() + " may not be read by this user"};
  if (file.st_size == 0) return damaged(path, "is empty: it lost its content");
  return check_length(path);
}

/// What a spind that wants to write waits for: of the lock file, or of the database where no spind has served
/// it here.
Result<FileDescriptor> lock_shared(const fs::path& path) {
  FileDescriptor lock(::open(lock_of_database(path).c_str(), O_RDONLY | O_CLOEXEC));
  if (!lock.is_open()) lock = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!lock.is_open()) return system_failure(path, errno);
  if (::flock(lock.get(), LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) return lock;
  const auto holder = who_holds_database(path);
  return Error{ErrorCode::already_exists, "database " + path.string() + " is in use by " +
                                              (holder ? to_text(*holder) : "another spind")};
}

/// SQLite would make files beside a database in WAL mode even to read it. One without a log needs none of
/// them: nobody writes it while the lock is held.
Result<fs::path> name_of(const fs::path& path) {
  SPIN_ASSIGN(const auto header, read_header(path));
  if (!header || !header->has_log || size_of_file(beside(path, "-wal")) > 0) return path;
  return fs::path("file://" + percent_encoded(path.string()) + "?immutable=1");
}

Error unreadable(const fs::path& path, const Error& error) {
  const bool has_log = size_of_file(beside(path, "-wal")) > 0;
  if (error.code == ErrorCode::unavailable)
    return {ErrorCode::failed_precondition, "another program holds a lock on database " + path.string() +
                                                "; end that program first (" + error.message + ")"};
  if (has_log && ::access(path.parent_path().c_str(), W_OK) != 0)
    return {ErrorCode::failed_precondition,
            "database " + path.string() +
                " has a write-ahead log beside it, which cannot be read in a folder where " +
                "this user may not write; copy the database and the files of its name with -wal and -shm "
                "together (" +
                error.message + ")"};
  return error;
}

Status check_version(const fs::path& path, Database& database) {
  SPIN_TRY(check_identity(database));
  SPIN_ASSIGN(const auto version, database.integer("PRAGMA user_version"));
  const auto newest = static_cast<std::int64_t>(migrations().size());
  const bool is_newest = version == newest;
  SPIN_ASSIGN(const auto missing, is_newest ? renewal(database) : Result<std::string>("views"));
  if (missing.empty()) return {};
  return Error{ErrorCode::failed_precondition,
               "database " + path.string() + " has " +
                   (is_newest ? std::string("metrics and views of another spin")
                              : "schema version " + std::to_string(version) +
                                    " of an older spin, and this one reads " + std::to_string(newest)) +
                   "; keep a copy, and let `spind --db` serve it once, which brings it there"};
}

}  // namespace

Result<ReadOnlyDatabase> open_read_only(const fs::path& path) {
  SPIN_ASSIGN(const auto canonical, canonical_database_path(path));
  SPIN_TRY(check_file(canonical));
  SPIN_ASSIGN(auto lock, lock_shared(canonical));
  SPIN_ASSIGN(auto name, name_of(canonical));
  auto database = Database::open(name, Database::Mode::read_only);
  if (!database.ok()) return unreadable(canonical, database.error());
  database->never_checkpoint();
  if (const Status checked = check_version(canonical, *database); !checked.ok())
    return unreadable(canonical, checked.error());
  return ReadOnlyDatabase{std::move(lock), std::move(*database), std::move(name)};
}

}  // namespace spin
