#include "schema/base/file.h"

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace spin {
namespace {

Error system_error(const std::filesystem::path& path, int error) {
  auto code = ErrorCode::internal;
  if (error == ENOENT) code = ErrorCode::not_found;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) code = ErrorCode::resource_exhausted;
  return Error{code, path.string() + ": " + std::generic_category().message(error)};
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

Status write_and_sync(const std::filesystem::path& path, std::string_view bytes) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.is_open()) return system_error(path, errno);
  SPIN_TRY(write_all(file.get(), bytes, path));
  if (::fsync(file.get()) != 0) return system_error(path, errno);
  return {};
}

Error locked_by_another(const FileDescriptor& file, const std::filesystem::path& path) {
  char pid[32] = {};
  const auto count = ::pread(file.get(), pid, sizeof pid - 1, 0);
  const std::string first_line(pid, std::strcspn(pid, "\n"));
  const bool known = count > 0 && !first_line.empty();
  return Error{ErrorCode::already_exists,
               path.string() + " is locked by " + (known ? "process " + first_line : "another process")};
}

/// What stands where a regular file was expected.
const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

Error no_regular_file(const std::filesystem::path& path, mode_t mode) {
  return Error{ErrorCode::invalid_argument,
               path.string() + ": " + kind_of(mode) + ", where a regular file was expected"};
}

}  // namespace

bool is_at(const std::filesystem::path& path, const FileDescriptor& file) {
  struct ::stat opened {
  }, found{};
  return ::fstat(file.get(), &opened) == 0 && ::stat(path.c_str(), &found) == 0 &&
         opened.st_dev == found.st_dev && opened.st_ino == found.st_ino;
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int FileDescriptor::release() { return std::exchange(fd_, -1); }

void FileDescriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool is_absence(const std::error_code& error) {
  for (const auto kind :
       {std::errc::no_such_file_or_directory, std::errc::not_a_directory, std::errc::permission_denied,
        std::errc::too_many_symbolic_link_levels, std::errc::filename_too_long})
    if (error == kind) return true;
  return false;
}

Status write_all(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const auto count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Status write_file_durably(const std::filesystem::path& path, std::string_view bytes) {
  auto temporary = path;
  temporary += ".tmp" + std::to_string(::getpid());
  Status status = write_and_sync(temporary, bytes);
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) status = system_error(path, errno);
  if (!status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  return sync_folder(folder_of(path));
}

Status sync_folder(const std::filesystem::path& folder) {
  const FileDescriptor handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle.is_open() || ::fsync(handle.get()) != 0) return system_error(folder, errno);
  return {};
}

Result<FileDescriptor> open_regular_file(const std::filesystem::path& path) {
  // Asked before, since opening a device may do something (a tape rewinds); and after, since the name may
  // lead to something else by then, which O_NONBLOCK keeps from holding this thread.
  struct ::stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return no_regular_file(path, status.st_mode);
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) return system_error(path, errno);
  if (!S_ISREG(status.st_mode)) return no_regular_file(path, status.st_mode);
  return file;
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit_bytes) {
  SPIN_ASSIGN(const auto file, open_regular_file(path));
  std::string bytes;
  char block[1 << 16];
  for (;;) {
    const auto count = ::read(file.get(), block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(path, errno);
    if (count == 0) return bytes;
    bytes.append(block, static_cast<std::size_t>(count));
    if (bytes.size() > limit_bytes) {
      return Error{ErrorCode::resource_exhausted,
                   path.string() + ": larger than the limit of " + std::to_string(limit_bytes) + " bytes"};
    }
  }
}

Result<FileDescriptor> lock_file(const std::filesystem::path& path) {
  for (;;) {
    FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file.is_open()) return system_error(path, errno);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      return errno == EWOULDBLOCK ? locked_by_another(file, path) : system_error(path, errno);
    }
    // Who held it may have removed or renamed it since it was opened here, and another have made it anew.
    if (!is_at(path, file)) continue;
    const auto pid = std::to_string(::getpid());
    if (::ftruncate(file.get(), 0) != 0) return system_error(path, errno);
    SPIN_TRY(write_all(file.get(), pid, path));
    return file;
  }
}

}  // namespace spin
