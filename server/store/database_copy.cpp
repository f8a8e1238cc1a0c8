#include "server/store/database_copy.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/base/file.h"
#include "server/store/database_files.h"
#include "server/store/disk_room.h"
#include "server/store/integrity.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr int kPagesPerStep = 256;
/// What waits in the system's cache is written out as often, so that a commit of the writer never waits for
/// all of it.
constexpr int kStepsPerSync = 8;

// As tables, because reading one is what begins a snapshot.
constexpr char kPages[] = "SELECT page_count FROM pragma_page_count, (SELECT count(*) FROM sqlite_schema)";
constexpr char kPageBytes[] = "PRAGMA page_size";
constexpr char kCountJobs[] = "SELECT count(*) FROM job";
constexpr char kCountResults[] = "SELECT count(*) FROM result";
// The copy is made anew if it is cut: nothing in it needs a journal, and its end is synchronized by hand.
constexpr char kPrepareCopy[] =
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size "
    "= "
    "-2048";

Error broken_off(const fs::path& target) {
  return Error{ErrorCode::unavailable,
               "the copy to " + target.string() + " was broken off; nothing is left of it"};
}

constexpr char kTemporarySuffix[] = ".partial";

/// Beside the target under a name that no backup may have.
fs::path temporary_of(const fs::path& target) {
  return target.parent_path() / ("." + target.filename().string() + kTemporarySuffix);
}

bool has_temporary_name(const fs::path& path) {
  const auto name = path.filename().string();
  return name.starts_with('.') && name.ends_with(kTemporarySuffix);
}

/// Empty, a pid alone, or the beginning of a database: all that a copy that was cut leaves. The folder may
/// hold other programs' files.
bool is_of_a_copy(const FileDescriptor& file) {
  static constexpr std::string_view kMagic = "SQLite format 3";
  char begin[kMagic.size()] = {};
  const auto count = ::pread(file.get(), begin, sizeof begin, 0);
  const std::string_view read(begin, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return count >= 0 && (read == kMagic || read.find_first_not_of("0123456789") == std::string_view::npos);
}

/// Whose copy is being made holds its lock; it may have been made anew under its name since it was opened
/// here.
void remove_unlocked(const fs::path& temporary) {
  const FileDescriptor file(::open(temporary.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.is_open() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 && is_of_a_copy(file) &&
      is_at(temporary, file))
    ::unlink(temporary.c_str());
}

std::string no_room_text(const fs::path& target) { return "no room for " + target.string(); }

/// Makes or takes over the temporary file; what a copy that was cut left in it is thrown away.
Result<FileDescriptor> claim(const fs::path& temporary) {
  SPIN_ASSIGN(auto file, lock_file(temporary));
  if (::ftruncate(file.get(), 0) != 0 || ::fchmod(file.get(), 0600) != 0) {
    return system_failure(temporary, errno);
  }
  return file;
}

}  // namespace

DatabaseCopy::~DatabaseCopy() {
  if (file_.is_open()) ::unlink(temporary().c_str());
}

fs::path DatabaseCopy::temporary() const { return temporary_of(target_); }

Result<DatabaseCopy> DatabaseCopy::make(Database& source, const fs::path& target, std::uint64_t reserve_bytes,
                                        const CopyProgress& progress) {
  SPIN_ASSIGN(auto file, claim(temporary_of(target)));
  DatabaseCopy copy(target, reserve_bytes, std::move(file));
  SPIN_TRY(copy.fill(source, progress));
  if (::fsync(copy.file_.get()) != 0) return system_failure(copy.temporary(), errno);
  return copy;
}

Status DatabaseCopy::fill(Database& source, const CopyProgress& progress) {
  SPIN_ASSIGN(auto copy, Database::open(temporary(), Database::Mode::read_write));
  SPIN_TRY(copy.run(kPrepareCopy));
  {
    // Held over all steps: without it, SQLite begins anew whenever the writer has written something.
    SPIN_ASSIGN(auto snapshot, Transaction::begin(source, Transaction::Kind::read));
    SPIN_ASSIGN(const auto pages, source.integer(kPages));
    SPIN_ASSIGN(const auto page_bytes, source.integer(kPageBytes));
    summary_.bytes = pages * page_bytes;
    SPIN_TRY(copy_pages(source, copy, page_bytes, progress));
    SPIN_TRY(snapshot.commit());
  }
  // The pages say of the source that it has a log.
  SPIN_ASSIGN(const auto mode, copy.text("PRAGMA journal_mode = DELETE"));
  if (mode != "delete")
    return Error{ErrorCode::internal, temporary().string() + " stays in journal mode " + mode};
  SPIN_TRY(check(source, copy, progress));
  return summarize(copy);
}

Status DatabaseCopy::check_free(std::int64_t needed_bytes) const {
  return check_room(no_room_text(target_), target_.parent_path(), needed_bytes, reserve_bytes_);
}

Status DatabaseCopy::copy_pages(Database& source, Database& copy, std::int64_t page_bytes,
                                const CopyProgress& progress) {
  SPIN_TRY(check_free(summary_.bytes));
  std::unique_ptr<sqlite3_backup, decltype(&sqlite3_backup_finish)> backup(
      sqlite3_backup_init(copy.handle(), "main", source.handle(), "main"), sqlite3_backup_finish);
  if (backup == nullptr) return copy.error(sqlite3_extended_errcode(copy.handle()));
  int code = SQLITE_OK;
  for (int step = 1; code == SQLITE_OK; ++step) {
    code = sqlite3_backup_step(backup.get(), kPagesPerStep);
    const auto done = summary_.bytes - sqlite3_backup_remaining(backup.get()) * page_bytes;
    if (code == SQLITE_OK) SPIN_TRY(check_free(kPagesPerStep * page_bytes));
    if (code == SQLITE_OK && progress && !progress(done, summary_.bytes)) return broken_off(target_);
    if (step % kStepsPerSync == 0 && ::fdatasync(file_.get()) != 0) return system_failure(temporary(), errno);
  }
  const int finished = sqlite3_backup_finish(backup.release());
  if (code == SQLITE_DONE && finished == SQLITE_OK) return {};
  auto error = copy.error(finished);
  if (error.code != ErrorCode::resource_exhausted) return error;
  return no_room(no_room_text(target_), target_.parent_path(), summary_.bytes, reserve_bytes_);
}

Status DatabaseCopy::check(const Database& source, Database& copy, const CopyProgress& progress) {
  const std::function<bool()> go_on = [this, &progress] {
    return !progress || progress(summary_.bytes, summary_.bytes);
  };
  if (!go_on()) return broken_off(target_);
  copy.ask_meanwhile(&go_on);
  const auto damage = find_damage(copy);
  copy.ask_meanwhile(nullptr);
  if (!damage.ok())
    return damage.error().code == ErrorCode::unavailable ? broken_off(target_) : damage.error();
  if (damage->empty()) return {};
  return Error{ErrorCode::data_loss, "database " + source.path().string() + " is damaged: " + *damage + "; " +
                                         target_.string() + " was not written"};
}

Status DatabaseCopy::summarize(Database& copy) {
  SPIN_ASSIGN(summary_.schema_version, copy.integer("PRAGMA user_version"));
  SPIN_ASSIGN(summary_.jobs, copy.integer(kCountJobs));
  SPIN_ASSIGN(summary_.results, copy.integer(kCountResults));
  return {};
}

Status DatabaseCopy::publish() {
  if (::rename(temporary().c_str(), target_.c_str()) != 0) return system_failure(target_, errno);
  file_.reset();
  return sync_folder(target_.parent_path());
}

void remove_cut_copies(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (has_temporary_name(entry->path())) remove_unlocked(entry->path());
}

}  // namespace spin
