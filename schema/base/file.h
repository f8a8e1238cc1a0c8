#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "schema/base/result.h"

namespace spin {

/// An open file descriptor that closes itself.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

/// Whether the error says that there is no such file for this process: it is not there, what stands on the
/// way is no folder, or nobody may look. Any other (EIO, ESTALE, EMFILE) says nothing of the file and may
/// pass.
[[nodiscard]] bool is_absence(const std::error_code& error);
/// Writes all bytes; resource_exhausted where the disk is full, with the path in the message.
Status write_all(int fd, std::string_view bytes, const std::filesystem::path& path);
/// Writes `path` so that a crash leaves the old file or the new one, never half: temporary beside it, fsync,
/// rename, fsync of the folder.
Status write_file_durably(const std::filesystem::path& path, std::string_view bytes);
Status sync_folder(const std::filesystem::path& folder);
/// Opens a regular file to read it, without ever waiting for whatever else bears the name: invalid_argument,
/// with its kind, for a folder, FIFO, socket or device, and for a link to one.
Result<FileDescriptor> open_regular_file(const std::filesystem::path& path);
/// Whole regular file; resource_exhausted where it is larger than `limit_bytes`.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit_bytes);
/// The path leads to the open file.
bool is_at(const std::filesystem::path& path, const FileDescriptor& file);
/// Takes an exclusive lock that dies with the process; already_exists, with the holder's pid, where it is
/// held.
Result<FileDescriptor> lock_file(const std::filesystem::path& path);

}  // namespace spin
