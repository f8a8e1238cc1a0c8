#include "server/store/backup_folder.h"

#include <algorithm>
#include <ctime>
#include <system_error>

#include "schema/base/paths.h"
#include "schema/base/text.h"
#include "server/store/database_copy.h"
#include "server/store/database_files.h"
#include "server/store/migrate.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostNameBytes = 200;
/// What SQLite and spin put beside a database of that name.
constexpr const char* kReserved[] = {"-wal", "-shm", "-journal", ".lock", ".partial"};

bool is_plain(const std::string& name) {
  const bool visible =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return c > ' ' && c != 0x7F; });
  return visible && name.size() <= kMostNameBytes && name.front() != '.' && name.front() != '-' &&
         name.find('/') == std::string::npos && name.find("..") == std::string::npos;
}

Status check_backup_name(const fs::path& folder, const std::string& name) {
  if (!is_plain(name)) {
    return Error{
        ErrorCode::invalid_argument,
        "backup '" + shortened(name, kMostNameBytes) +
            "': a plain file name is accepted, such as monday.db, without /, .. or spaces and not beginning "
            "with a dot; backups lie in " +
            folder.string() + " on the coordinator's host (spind --backups FOLDER)"};
  }
  for (const auto* suffix : kReserved)
    if (name.ends_with(suffix))
      return Error{ErrorCode::invalid_argument, "backup '" + name + "': names that end with " + suffix +
                                                    " belong to databases in use; choose another one"};
  return {};
}

/// "spin-20260131-235959.db", UTC.
std::string name_of_time(std::int64_t now_ms, int copy) {
  const std::time_t seconds = now_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  const auto length = std::strftime(text, sizeof text, "spin-%Y%m%d-%H%M%S", &utc);
  return std::string(text, length) + (copy > 1 ? "-" + std::to_string(copy) : "") + ".db";
}

/// Whether the file is as a copy of DatabaseCopy is: one of spin's databases, and in use by nobody since, for
/// a database that a spind has opened has a log.
bool is_backup(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(path, error))) return false;
  const auto header = read_header(path);
  return header.ok() && *header && !(*header)->has_log && (*header)->application_id == kApplicationId;
}

bool is_anything_at(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

}  // namespace

Result<fs::path> path_of_backup(const fs::path& folder, const std::string& name, bool replace,
                                std::int64_t now_ms) {
  const auto absolute = fs::absolute(folder).lexically_normal();
  if (!name.empty()) SPIN_TRY(check_backup_name(absolute, name));
  SPIN_TRY(make_private_folders(absolute));
  remove_cut_copies(absolute);
  if (name.empty()) {
    for (int copy = 1;; ++copy)
      if (const auto path = absolute / name_of_time(now_ms, copy); !is_anything_at(path)) return path;
  }
  const auto path = absolute / name;
  if (!is_anything_at(path)) return path;
  if (!is_backup(path)) {
    return Error{ErrorCode::invalid_argument, path.string() +
                                                  " is there and is no backup of spin, so that it is never "
                                                  "replaced; choose another name"};
  }
  if (replace) return path;
  return Error{ErrorCode::already_exists,
               path.string() + " is there already; choose another name, or say to replace it"};
}

}  // namespace spin
