#include "schema/base/unix_socket.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "schema/base/database_lock.h"
#include "schema/base/paths.h"

namespace spin {
namespace {

Error taken(const std::string& path) {
  return Error{ErrorCode::already_exists, "socket " + path + " is taken by a running server"};
}

FileId file_at(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

Status check_folder(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0)
    return Error{ErrorCode::invalid_argument,
                 "folder " + folder + " of socket " + path + ": " + std::strerror(errno)};
  if (!S_ISDIR(status.st_mode))
    return Error{ErrorCode::invalid_argument, folder + " of socket " + path + " is not a folder"};
  if (status.st_uid != geteuid() && status.st_uid != 0)
    return Error{ErrorCode::invalid_argument, "folder " + folder + " of socket " + path +
                                                  " belongs to user " + std::to_string(status.st_uid) +
                                                  "; one's own folder is accepted"};
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return Error{ErrorCode::invalid_argument,
                 "others may write to folder " + folder + " of socket " + path +
                     "; a folder that only its owner can write is accepted (chmod go-w)"};
  return {};
}

/// `path` as unix_socket_path() lets it through.
sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

/// Whether somebody accepts connections at the socket.
Result<bool> is_served(const std::string& path) {
  const FileDescriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.is_open()) return Error{ErrorCode::internal, std::string("socket: ") + std::strerror(errno)};
  const sockaddr_un address = address_of(path);
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
  if (errno == ECONNREFUSED || errno == ENOENT) return false;
  if (errno == EAGAIN) return true;  // its backlog is full
  return Error{ErrorCode::already_exists, "socket " + path + " is taken: " + std::strerror(errno)};
}

}  // namespace

Result<SocketClaim> SocketClaim::take(const std::string& path) {
  if (auto checked = unix_socket_path("unix:" + path); !checked.ok()) return checked.error();
  SPIN_TRY(check_folder(path));
  auto lock = lock_file(path + ".lock");
  if (!lock.ok() && lock.error().code == ErrorCode::already_exists) return taken(path);
  if (!lock.ok()) return lock.error();
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return SocketClaim(path, std::move(*lock));
    return Error{ErrorCode::invalid_argument, "socket " + path + ": " + std::strerror(errno)};
  }
  if (!S_ISSOCK(status.st_mode))
    return Error{ErrorCode::already_exists, path + " exists and is not a socket; it is left as it is"};
  SPIN_ASSIGN(const bool served, is_served(path));
  if (served) return taken(path);
  if (unlink(path.c_str()) != 0 && errno != ENOENT)
    return Error{ErrorCode::already_exists,
                 "cannot remove the unused socket " + path + ": " + std::strerror(errno)};
  return SocketClaim(path, std::move(*lock));
}

Result<FileDescriptor> SocketClaim::listen() {
  const OwnerOnlyUmask owner_only;
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = address_of(path_);
  if (!socket.is_open() ||
      bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0)
    return Error{ErrorCode::invalid_argument, "cannot listen at unix:" + path_ + ": " + std::strerror(errno)};
  socket_ = file_at(path_);
  return socket;
}

bool SocketClaim::is_in_place() const { return socket_.inode != 0 && file_at(path_) == socket_; }

// Where the folder was removed and made anew, another process may hold the path by now.
SocketClaim::~SocketClaim() {
  if (!lock_.is_open()) return;
  if (is_in_place()) unlink(path_.c_str());
  struct stat lock {};
  const std::string lock_path = path_ + ".lock";
  if (fstat(lock_.get(), &lock) == 0 && file_at(lock_path) == FileId{lock.st_dev, lock.st_ino})
    unlink(lock_path.c_str());
}

std::string find_own_coordinator() {
  auto candidates = default_addresses();
  if (const auto holder = who_holds_database(default_database_path()))
    candidates.insert(candidates.end(), holder->addresses.begin(), holder->addresses.end());
  for (const auto& candidate : candidates) {
    const auto path = unix_socket_path(candidate);
    if (!path.ok() || !check_folder(*path).ok()) continue;
    if (const auto served = is_served(*path); served.ok() && *served) return candidate;
  }
  return candidates.front();
}

OwnerOnlyUmask::OwnerOnlyUmask() : before_(umask(0077)) {}
OwnerOnlyUmask::~OwnerOnlyUmask() { umask(static_cast<mode_t>(before_)); }

}  // namespace spin
