#include "server/store/disk_room.h"

#include <cerrno>

#include <sys/statvfs.h>

#include "server/store/database_files.h"

namespace spin {

bool is_disk_full(int error_number) {
  return error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
}

bool is_shortage(int error_number) {
  return is_disk_full(error_number) || error_number == EMFILE || error_number == ENFILE ||
         error_number == ENOMEM;
}

Result<std::uint64_t> free_bytes(const std::filesystem::path& folder) {
  struct ::statvfs system {};
  if (::statvfs(folder.c_str(), &system) != 0) return system_failure(folder, errno);
  return std::uint64_t{system.f_bavail} * system.f_frsize;
}

Error no_room(const std::string& what, const std::filesystem::path& folder, std::int64_t needed_bytes,
              std::uint64_t reserve_bytes) {
  const auto free = free_bytes(folder);
  std::string message = what + ": " + std::to_string(needed_bytes) + " bytes needed, " +
                        (free.ok() ? std::to_string(*free) : "unknown") + " free";
  if (reserve_bytes > 0)
    message += ", and " + std::to_string(reserve_bytes) + " bytes stay free (--reserve-bytes)";
  return Error{ErrorCode::resource_exhausted, std::move(message)};
}

Status check_room(const std::string& what, const std::filesystem::path& folder, std::int64_t needed_bytes,
                  std::uint64_t reserve_bytes) {
  const auto free = free_bytes(folder);
  const auto needed = static_cast<std::uint64_t>(needed_bytes);
  if (!free.ok() || (*free >= reserve_bytes && *free - reserve_bytes >= needed)) return {};
  return no_room(what, folder, needed_bytes, reserve_bytes);
}

}  // namespace spin
