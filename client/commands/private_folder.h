#pragma once

#include <filesystem>
#include <utility>

#include "schema/base/file.h"
#include "schema/base/result.h"

namespace spin::cli {

/// A folder for this user alone that goes with the object. What a killed process leaves of its own goes with
/// the next one that is made.
class PrivateFolder {
 public:
  /// Under $TMPDIR, or under /tmp where a Unix socket in there would have too long a path. Removes this
  /// user's folders there whose owners are gone.
  static Result<PrivateFolder> make();
  ~PrivateFolder();
  PrivateFolder(PrivateFolder&& other) noexcept
      : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}
  PrivateFolder& operator=(PrivateFolder&&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path socket() const { return path_ / "spind.sock"; }

 private:
  PrivateFolder(std::filesystem::path path, FileDescriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  std::filesystem::path path_;
  FileDescriptor lock_;  ///< held as long as the owner lives
};

}  // namespace spin::cli
