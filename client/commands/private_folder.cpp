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

namespace spin::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSocketPathLimit = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::string_view kPrefix = "spin-run.";
constexpr std::string_view kUnique = "XXXXXX";  ///< as mkdtemp wants it
constexpr const char* kLock = "lock";

fs::path base_folder() {
  const char* variable = std::getenv("TMPDIR");
  const std::string name = variable != nullptr && variable[0] == '/' ? variable : "/tmp";
  const auto length =
      name.size() + 1 + kPrefix.size() + kUnique.size() + std::string_view("/spind.sock").size();
  return length > kSocketPathLimit ? "/tmp" : name;
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

Error not_made(const std::string& name, int number) {
  return {ErrorCode::internal,
          fmt::format("no folder {} can be made: {}", name, std::generic_category().message(number))};
}

}  // namespace

Result<PrivateFolder> PrivateFolder::make() {
  const fs::path base = base_folder();
  remove_abandoned(base);
  // It gets its name once it is locked: no other process takes a folder of that name for abandoned.
  std::string unlocked = fmt::format("{}/.{}{}", base.string(), kPrefix, kUnique);
  if (::mkdtemp(unlocked.data()) == nullptr) return not_made(unlocked, errno);
  PrivateFolder folder(unlocked, {});
  SPIN_ASSIGN(folder.lock_, lock_file(folder.path_ / kLock));
  const std::string name = base / fs::path(unlocked).filename().string().substr(1);
  if (::rename(unlocked.c_str(), name.c_str()) != 0) return not_made(name, errno);
  folder.path_ = name;
  return folder;
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace spin::cli
