#include "server/store/database_files.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/endian/conversion.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "schema/base/database_lock.h"
#include "server/store/database.h"
#include "server/store/disk_room.h"
#include "server/store/write_ahead_log.h"

namespace spin {
namespace {

namespace fs = std::filesystem;
using boost::endian::load_big_u16;
using boost::endian::load_big_u32;

/// SQLite locks bytes from here on, and neither reads nor writes the page that they are in.
constexpr std::uint64_t kLockByte = 0x40000000;

/// Who reads a database that no spind serves holds its lock for the time of a command.
constexpr std::chrono::seconds kReadersLimit{10};
constexpr std::chrono::milliseconds kReadersPause{20};

/// What SQLite reads of the log is in order, so that the log knows how many pages there are.
Status check_beside_log(const fs::path& path, const LoggedState& log) {
  const auto bytes = size_of_file(path);
  for (auto page = bytes / log.page_bytes + 1; page <= log.pages; ++page) {
    if (log.holds(page) || page == kLockByte / log.page_bytes + 1) continue;
    return damaged(path, "is cut: it has " + std::to_string(bytes) + " bytes, and page " +
                             std::to_string(page) + " of " + std::to_string(log.pages) +
                             " is neither in it nor in its write-ahead log");
  }
  return {};
}

/// All of the database is in its file, whose header knows how many pages there are.
Status check_alone(const fs::path& path) {
  SPIN_ASSIGN(const auto header, read_header(path));
  const auto bytes = size_of_file(path);
  if (!header || bytes >= header->bytes) return {};
  return damaged(path,
                 "is cut: it has " + std::to_string(bytes) + " bytes of " + std::to_string(header->bytes));
}

/// A lock, or why it cannot be had; none while readers have it.
using Taken = std::optional<Result<FileDescriptor>>;

template <class Take>
Result<FileDescriptor> take_from_readers(const fs::path& path, Take take) {
  const auto deadline = std::chrono::steady_clock::now() + kReadersLimit;
  for (;;) {
    if (Taken taken = take()) return *std::move(taken);
    if (std::chrono::steady_clock::now() >= deadline)
      return Error{
          ErrorCode::already_exists,
          "database " + path.string() + " is being read by `spinctl --db`; try again when it has ended"};
    std::this_thread::sleep_for(kReadersPause);
  }
}

}  // namespace

fs::path beside(fs::path path, const std::string& suffix) { return path += suffix; }

Error damaged(const fs::path& path, const std::string& what) {
  return Error{ErrorCode::data_loss, "database " + path.string() + " " + what + kWayOut};
}

Error system_failure(const fs::path& path, int error_number) {
  return Error{is_shortage(error_number) ? ErrorCode::resource_exhausted : ErrorCode::internal,
               path.string() + ": " + std::generic_category().message(error_number)};
}

Result<fs::path> canonical_database_path(const fs::path& path) {
  std::error_code error;
  auto canonical = fs::weakly_canonical(fs::absolute(path), error);
  if (!error && fs::is_directory(canonical.parent_path(), error)) return canonical;
  return Error{ErrorCode::not_found, "database " + path.string() + ": there is no folder " +
                                         fs::absolute(path).parent_path().string()};
}

Result<FileDescriptor> lock_database(const fs::path& path) {
  return take_from_readers(path, [&path]() -> Taken {
    auto lock = lock_file(lock_of_database(path));
    if (lock.ok() || lock.error().code != ErrorCode::already_exists) return lock;
    const auto holder = who_holds_database(path);
    if (!holder) return std::nullopt;
    return Error{ErrorCode::already_exists,
                 "database " + path.string() + " is in use by " + to_text(*holder)};
  });
}

Result<FileDescriptor> lock_out_readers(const fs::path& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return system_failure(path, errno);
  return take_from_readers(path, [&file]() -> Taken {
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return std::nullopt;
    return std::move(file);
  });
}

Result<std::optional<DatabaseHeader>> read_header(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open()) return system_failure(path, errno);
  // Magic at 0, its final 0 included; page size at 16; version for reading at 19, 2 = with a log; change
  // counter at 24; pages at 28; application id at 68; for which change counter the pages are right at 92.
  unsigned char header[100] = {};
  const auto count = ::pread(file.get(), header, sizeof header, 0);
  if (count < 0) return system_failure(path, errno);
  static constexpr char kMagic[] = "SQLite format 3";
  if (count < static_cast<ssize_t>(sizeof header) || std::memcmp(header, kMagic, sizeof kMagic) != 0)
    return std::optional<DatabaseHeader>();
  DatabaseHeader found{.has_log = header[19] == 2, .application_id = load_big_u32(header + 68)};
  const std::uint64_t page_bytes = load_big_u16(header + 16) == 1 ? 65536U : load_big_u16(header + 16);
  if (load_big_u32(header + 24) == load_big_u32(header + 92))
    found.bytes = load_big_u32(header + 28) * page_bytes;
  return std::optional(found);
}

std::uint64_t size_of_file(const fs::path& path) {
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  return error ? 0 : bytes;
}

Status check_length(const fs::path& path) {
  SPIN_ASSIGN(const auto log, read_log(beside(path, "-wal")));
  return log.has_value() ? check_beside_log(path, *log) : check_alone(path);
}

}  // namespace spin
