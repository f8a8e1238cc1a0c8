#pragma once

#include <string>

#include "schema/base/file.h"
#include "schema/base/result.h"

namespace spin {

/// The right to listen at a path, held until it is destroyed; the socket file is removed then.
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

 private:
  SocketClaim(std::string path, FileDescriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  FileDescriptor lock_;  ///< keeps a second server from the same path between check and bind
};

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
