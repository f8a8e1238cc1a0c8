#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "schema/base/file.h"
#include "schema/base/result.h"

namespace spin::cli {

/// A folder for this user alone that goes with the object. What a killed process leaves of its own goes with
/// the next one that is made.
class PrivateFolder {
 public:
  /// Under the first of $TMPDIR, /tmp and $XDG_RUNTIME_DIR in which a folder can be made, a Unix socket's
  /// path is not too long and `needed_bytes` are free. `warn` is told why $TMPDIR is not used where another
  /// place is. Nothing half-made stays. Removes this user's folders in the places tried whose owners are
  /// gone.
  static Result<PrivateFolder> make(std::uint64_t needed_bytes,
                                    const std::function<void(const std::string&)>& warn);
  ~PrivateFolder();
  PrivateFolder(PrivateFolder&& other) noexcept
      : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}
  PrivateFolder& operator=(PrivateFolder&&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path socket() const { return path_ / "spind.sock"; }
  /// Whether a coordinator that listens at `address` is the private one of another command.
  static bool is_private(const std::string& address);

 private:
  static Result<PrivateFolder> make_in(const std::filesystem::path& base, std::uint64_t needed_bytes);
  PrivateFolder(std::filesystem::path path, FileDescriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  std::filesystem::path path_;
  FileDescriptor lock_;  ///< held as long as the owner lives
};

}  // namespace spin::cli
