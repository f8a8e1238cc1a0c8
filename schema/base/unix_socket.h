#pragma once

#include <string>

#include <sys/types.h>

#include "schema/base/file.h"
#include "schema/base/result.h"

namespace spin {

/// Which file a path led to.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;  ///< 0 = none
  bool operator==(const FileId&) const = default;
};

/// The right to listen at a path, held until it is destroyed; the socket file and the lock file beside it are
/// removed then, unless others lie in their place.
class SocketClaim {
 public:
  /// Refuses what would put the socket within reach of others, or take it from somebody:
  /// - invalid_argument: the folder is missing, is not ours, or others may write to it;
  /// - already_exists: a running server listens there, or something lies there that is not a socket.
  /// A socket that nobody serves any more is removed.
  static Result<SocketClaim> take(const std::string& path);
  SocketClaim(SocketClaim&& other) noexcept = default;
  SocketClaim& operator=(SocketClaim&&) = delete;
  ~SocketClaim();

  [[nodiscard]] const std::string& path() const { return path_; }

  /// Binds the path for its owner alone, and listens; the socket does not block. Once for each claim.
  Result<FileDescriptor> listen();
  /// Whether the path still leads to the socket that listen() made: its folder may have been removed.
  [[nodiscard]] bool is_in_place() const;

 private:
  SocketClaim(std::string path, FileDescriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  FileDescriptor lock_;  ///< keeps a second server from the same path between check and bind
  FileId socket_;
};

/// Of the places where this user's coordinator may listen - default_addresses(), and those that the lock of
/// the default database names - the first that accepts connections; without one default_listen_address().
/// Places that others could have made are passed over.
std::string find_own_coordinator();

/// While it lives, files and sockets that this process makes are for their owner only.
class OwnerOnlyUmask {
 public:
  OwnerOnlyUmask();
  ~OwnerOnlyUmask();
  OwnerOnlyUmask(const OwnerOnlyUmask&) = delete;
  OwnerOnlyUmask& operator=(const OwnerOnlyUmask&) = delete;

 private:
  unsigned int before_;
};

}  // namespace spin
