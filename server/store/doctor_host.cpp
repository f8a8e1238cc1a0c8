#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "server/store/database_files.h"
#include "server/store/disk_room.h"
#include "server/store/doctor_checks.h"

namespace spin::doctor {
namespace {

namespace fs = std::filesystem;

/// Far above the mark at which the writer copies the log into the database.
constexpr std::uint64_t kLargeLogBytes = std::uint64_t{64} << 20U;

/// A disk with less is full, whatever the reserve: SQLite could not begin its log.
constexpr std::uint64_t kFullBytes = std::uint64_t{1} << 20U;

fs::path folder_of(const fs::path& file) { return fs::absolute(file).parent_path(); }

/// What is wrong with the owner or the mode of `path`; empty where nothing is, or where it is not there.
std::string open_to_others(const fs::path& path, ::mode_t forbidden) {
  struct ::stat status {};
  if (::lstat(path.c_str(), &status) != 0) return "";
  if (status.st_uid != ::geteuid() && status.st_uid != 0)
    return "; " + path.string() + " belongs to another user";
  // In a folder like /tmp nobody can take another's file away.
  if (S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0) return "";
  if ((status.st_mode & forbidden) == 0) return "";
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(status.st_mode & 07777U));
  return "; " + path.string() + " has mode " + mode;
}

}  // namespace

Result<CheckRow> check_log(const DoctorInput& input) {
  const auto bytes = size_of_file(beside(input.database, "-wal"));
  CheckRow result{"", CheckState::ok, readable_bytes(bytes), ""};
  if (bytes > kLargeLogBytes) {
    result.state = CheckState::warning;
    result.advice =
        "a long query or a backup kept it from being reused; it shrinks when spind stops and is started "
        "again";
  }
  return result;
}

Result<CheckRow> check_room(const DoctorInput& input) {
  std::vector<std::pair<std::string, fs::path>> places = {{"the database", folder_of(input.database)},
                                                          {"artifacts", input.artifacts}};
  std::error_code error;
  if (!input.backups.empty() && fs::is_directory(input.backups, error))
    places.emplace_back("backups", input.backups);
  CheckRow result{"", CheckState::ok, "", ""};
  for (const auto& [what, folder] : places) {
    SPIN_ASSIGN(const auto free, free_bytes(folder));
    result.found += readable_bytes(free) + " free for " + what + ", ";
    if (free >= std::max(input.reserve_bytes, kFullBytes) || !result.advice.empty()) continue;
    result.state = CheckState::failed;
    result.advice = "make room on the disk of " + folder.string() + "; everything goes on by itself then";
  }
  result.found += readable_bytes(input.reserve_bytes) + " shall stay free";
  return result;
}

Result<CheckRow> check_permissions(const DoctorInput& input) {
  std::string found;
  for (const auto* suffix : {"", "-wal", "-shm", ".lock"})
    found += open_to_others(beside(input.database, suffix), 0077);
  found += open_to_others(folder_of(input.database), 0022);
  found += open_to_others(input.artifacts, 0077);
  if (!input.socket.empty()) {
    found += open_to_others(input.socket, 0077);
    found += open_to_others(folder_of(input.socket), 0022);
  }
  if (found.empty()) return CheckRow{"", CheckState::ok, "only the owner may read or write", ""};
  return CheckRow{"", CheckState::failed, found.substr(2),
                  "chmod go-rwx these paths, or chown them to the user of spind"};
}

}  // namespace spin::doctor
