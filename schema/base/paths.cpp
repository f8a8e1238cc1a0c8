#include "schema/base/paths.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <pwd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace spin {
namespace {

/// Value of an environment variable that names a folder. The XDG specification says to ignore relative ones.
std::string folder_from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && value[0] == '/' ? value : "";
}

std::filesystem::path home() {
  if (const std::string folder = folder_from_environment("HOME"); !folder.empty()) return folder;
  const passwd* user = getpwuid(geteuid());
  return user != nullptr ? user->pw_dir : "/";
}

}  // namespace

std::string runtime_folder() { return folder_from_environment("XDG_RUNTIME_DIR"); }

std::vector<std::string> default_addresses() {
  const std::string user = std::to_string(geteuid());
  std::vector<std::string> addresses;
  for (const std::string& folder : {runtime_folder(), "/run/user/" + user}) {
    std::string address = "unix:" + folder + "/spin/spind.sock";
    if (!folder.empty() && (addresses.empty() || addresses.front() != address))
      addresses.push_back(std::move(address));
  }
  std::string temporary = "unix:/tmp/spin-" + user + "/spind.sock";
  addresses.insert(runtime_folder().empty() ? addresses.begin() : addresses.end(), std::move(temporary));
  return addresses;
}

std::string default_listen_address() { return default_addresses().front(); }

std::filesystem::path default_database_path() {
  const std::string state = folder_from_environment("XDG_STATE_HOME");
  return (state.empty() ? home() / ".local/state" : std::filesystem::path(state)) / "spin/spind.db";
}

Result<std::string> unix_socket_path(std::string_view address) {
  constexpr std::string_view kScheme = "unix:";
  constexpr std::size_t kLimitBytes = sizeof(sockaddr_un::sun_path) - 1;
  if (!address.starts_with(kScheme))
    return Error{ErrorCode::invalid_argument,
                 "'" + std::string(address) +
                     "' names no Unix socket; unix:PATH is accepted, such as unix:/run/spin/spind.sock"};
  std::string path(address.substr(kScheme.size()));
  if (path.empty() || path.back() == '/')
    return Error{ErrorCode::invalid_argument,
                 "'" + std::string(address) +
                     "' names no socket; unix:PATH is accepted, such as unix:/run/spin/spind.sock"};
  if (path.size() > kLimitBytes)
    return Error{ErrorCode::invalid_argument,
                 "the socket path " + path + " has " + std::to_string(path.size()) +
                     " bytes; the kernel takes at most " + std::to_string(kLimitBytes)};
  return path;
}

Status make_private_folders(const std::filesystem::path& folder) {
  std::filesystem::path path;
  for (const auto& part : folder) {
    path /= part;
    if (path.empty() || mkdir(path.c_str(), 0700) == 0) continue;
    struct stat status {};
    const int error = errno;
    if (stat(path.c_str(), &status) != 0)
      return Error{ErrorCode::invalid_argument,
                   "cannot make folder " + path.string() + ": " + std::strerror(error)};
    if (!S_ISDIR(status.st_mode))
      return Error{ErrorCode::invalid_argument, path.string() + " is not a folder"};
  }
  return {};
}

}  // namespace spin
