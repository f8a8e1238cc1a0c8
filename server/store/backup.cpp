#include "server/store/backup.h"

#include <system_error>
#include <utility>

#include "server/store/database_files.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

/// What SQLite and spin keep beside a database while it is in use.
constexpr const char* kSuffixes[] = {"-wal", "-shm", "-journal", ".lock"};

bool is_same_file(const fs::path& one, const fs::path& other) {
  std::error_code error;
  return one == other || fs::equivalent(one, other, error);
}

Status check_not_of(const fs::path& source, const fs::path& target) {
  bool same = is_same_file(source, target);
  for (const auto* suffix : kSuffixes) same = same || is_same_file(beside(source, suffix), target);
  if (!same) return {};
  return Error{ErrorCode::invalid_argument,
               target.string() + " belongs to the database that is copied; give the path of another file"};
}

/// A log beside the target would be mixed into the copy.
Status check_target(const fs::path& target, const CopyOptions& options) {
  std::error_code error;
  if (fs::is_directory(target, error)) {
    return Error{ErrorCode::invalid_argument, target.string() + " is a folder; give the path of a file"};
  }
  if (fs::exists(target, error) && !options.replace) {
    return Error{ErrorCode::already_exists, target.string() +
                                                " is there already; give another path, or say to "
                                                "replace it"};
  }
  for (const auto* suffix : {"-wal", "-journal"}) {
    if (!fs::exists(beside(target, suffix), error)) continue;
    return Error{ErrorCode::failed_precondition,
                 target.string() + " is in use, or was not closed: " + beside(target, suffix).string() +
                     " lies beside it; give another path"};
  }
  return {};
}

}  // namespace

Result<CopySummary> back_up_database(const fs::path& source, const fs::path& target,
                                     const CopyOptions& options, const CopyProgress& progress) {
  SPIN_ASSIGN(const auto from, canonical_database_path(source));
  SPIN_ASSIGN(const auto to, canonical_database_path(target));
  SPIN_TRY(check_not_of(from, to));
  SPIN_TRY(check_target(to, options));
  SPIN_ASSIGN(auto database, Database::open(from, Database::Mode::read_only));
  database.never_checkpoint();
  SPIN_ASSIGN(auto copy, DatabaseCopy::make(database, to, options.reserve_bytes, progress));
  SPIN_TRY(check_target(to, options));  // again: until now another copy may have appeared there
  SPIN_TRY(copy.publish());
  return copy.summary();
}

}  // namespace spin
