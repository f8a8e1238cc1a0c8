#include "client/commands/private_folder.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "schema/base/paths.h"

namespace spin::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSocketPathLimit = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::string_view kPrefix = "spin-run.";
constexpr std::string_view kUnique = "XXXXXX";  ///< as mkdtemp wants it
constexpr const char* kLock = "lock";

/// A place to try, and the variable that names it.
struct Place {
  std::string variable;  ///< empty = none
  fs::path folder;

  [[nodiscard]] std::string text() const {
    return variable.empty() ? folder.string() : variable + "=" + folder.string();
  }
};

/// What lies in a run-time folder is memory: it comes last.
std::vector<Place> places() {
  std::vector<Place> places;
  const char* variable = std::getenv("TMPDIR");
  if (variable != nullptr && *variable != '\0') places.push_back({"TMPDIR", variable});
  places.push_back({"", "/tmp"});
  if (!runtime_folder().empty()) places.push_back({"XDG_RUNTIME_DIR", runtime_folder()});
  return places;
}

Status check_place(const fs::path& base, std::uint64_t needed_bytes) {
  if (!base.is_absolute()) return Error{ErrorCode::invalid_argument, "no absolute path"};
  const auto length =
      base.string().size() + 1 + kPrefix.size() + kUnique.size() + std::string_view("/spind.sock").size();
  if (length > kSocketPathLimit)
    return Error{
        ErrorCode::invalid_argument,
        fmt::format("a socket in there would have a path of {} bytes, and the kernel takes at most {}",
                    length, kSocketPathLimit)};
  std::error_code error;
  const auto space = fs::space(base, error);
  if (!error && space.available < needed_bytes)
    return Error{ErrorCode::resource_exhausted, fmt::format("{} MiB are free there, and {} are needed",
                                                            space.available >> 20, needed_bytes >> 20)};
  return {};
}

/// A folder by one of our names, made by this user, which nobody else can put anything into.
bool is_ours(const fs::path& path) {
  const std::string name = path.filename().string();
  if (!name.starts_with(kPrefix) || name.size() != kPrefix.size() + kUnique.size()) return false;
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid() &&
         (info.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

/// What cannot be removed stays: it is no reason not to run.
void remove_abandoned(const fs::path& base) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(base, error), end; !error && entry != end; entry.increment(error))
    if (is_ours(entry->path())) found.push_back(entry->path());
  for (const auto& path : found)
    if (const auto lock = lock_file(path / kLock); lock.ok()) fs::remove_all(path, error);
}

Error not_made(int number) {
  return {ErrorCode::internal, "no folder can be made there: " + std::generic_category().message(number)};
}

}  // namespace

Result<PrivateFolder> PrivateFolder::make(std::uint64_t needed_bytes,
                                          const std::function<void(const std::string&)>& warn) {
  std::string reasons;
  for (const Place& place : places()) {
    auto made = make_in(place.folder, needed_bytes);
    if (made.ok()) {
      if (!reasons.empty()) warn(fmt::format("{} is used instead of {}", place.text(), reasons));
      return made;
    }
    reasons += fmt::format("{}{} ({})", reasons.empty() ? "" : ", ", place.text(), made.error().message);
  }
  return Error{ErrorCode::invalid_argument,
               fmt::format("no place for temporary files: {}; set TMPDIR to a folder of your own", reasons)};
}

Result<PrivateFolder> PrivateFolder::make_in(const fs::path& base, std::uint64_t needed_bytes) {
  SPIN_TRY(check_place(base, needed_bytes));
  remove_abandoned(base);
  // It gets its name once it is locked: no other process takes a folder of that name for abandoned.
  std::string unlocked = fmt::format("{}/.{}{}", base.string(), kPrefix, kUnique);
  if (::mkdtemp(unlocked.data()) == nullptr) return not_made(errno);
  PrivateFolder folder(unlocked, {});
  SPIN_ASSIGN(folder.lock_, lock_file(folder.path_ / kLock));
  const std::string name = base / fs::path(unlocked).filename().string().substr(1);
  if (::rename(unlocked.c_str(), name.c_str()) != 0) return not_made(errno);
  folder.path_ = name;
  return folder;
}

bool PrivateFolder::is_private(const std::string& address) {
  const auto path = unix_socket_path(address);
  return path.ok() && fs::path(*path).parent_path().filename().string().starts_with(kPrefix);
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace spin::cli
