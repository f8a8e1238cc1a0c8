#include "schema/base/database_lock.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "schema/base/paths.h"
#include "schema/base/percent.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestBytes = 64 << 10;

/// Others, and the holder itself later, may be in other folders.
std::string with_absolute_path(const std::string& address) {
  const auto path = unix_socket_path(address);
  return path.ok() ? "unix:" + fs::absolute(*path).string() : address;
}

DatabaseHolder parse(std::string_view text) {
  DatabaseHolder holder;
  for (bool is_first = true; !text.empty(); is_first = false) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    if (is_first) std::from_chars(line.data(), line.data() + line.size(), holder.pid);
    // A line without its end is still being written.
    if (end == std::string_view::npos) break;
    if (!is_first) holder.addresses.push_back(percent_decoded(line));
    text.remove_prefix(end + 1);
  }
  return holder;
}

}  // namespace

std::string to_text(const DatabaseHolder& holder) {
  std::string text = "spind" + (holder.pid > 0 ? " pid " + std::to_string(holder.pid) : "");
  const char* between = ", which listens at ";
  for (const auto& address : holder.addresses) {
    text += between + address;
    between = " and ";
  }
  return text;
}

fs::path canonical_database(const fs::path& database) {
  std::error_code error;
  auto canonical = fs::weakly_canonical(fs::absolute(database), error);
  return error ? fs::absolute(database) : canonical;
}

fs::path lock_of_database(const fs::path& database) {
  auto path = canonical_database(database);
  return path += ".lock";
}

std::optional<DatabaseHolder> who_holds_database(const fs::path& database) {
  const auto path = lock_of_database(database);
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open() || ::flock(file.get(), LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) return {};
  const auto text = read_file(path, kLongestBytes);
  return text.ok() ? parse(*text) : DatabaseHolder{};
}

Status record_addresses(const fs::path& database, const std::vector<std::string>& addresses) {
  const auto path = lock_of_database(database);
  std::string text = std::to_string(::getpid()) + "\n";
  for (const auto& address : addresses) text += percent_encoded(with_absolute_path(address), ":[]") + "\n";
  // In its place: another file at the path would be no lock. Readers pass over what has no end yet.
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.is_open()) return Error{ErrorCode::internal, path.string() + ": " + std::strerror(errno)};
  SPIN_TRY(write_all(file.get(), text, path));
  if (::ftruncate(file.get(), static_cast<off_t>(text.size())) != 0)
    return Error{ErrorCode::internal, path.string() + ": " + std::strerror(errno)};
  return {};
}

}  // namespace spin
