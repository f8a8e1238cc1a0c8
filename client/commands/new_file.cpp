#include "client/commands/new_file.h"

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace spin::cli {
namespace {

Error failure(const std::filesystem::path& path) {
  const int reason = errno;
  const bool is_full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
  return {is_full ? ErrorCode::resource_exhausted : ErrorCode::invalid_argument,
          path.string() + ": " + std::generic_category().message(reason)};
}

}  // namespace

Result<NewFile> NewFile::make(const std::filesystem::path& path) {
  auto temporary = path;
  temporary += ".tmp" + std::to_string(::getpid());
  ::unlink(temporary.c_str());  // of a process that had this number
  FileDescriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.is_open()) return failure(temporary);
  return NewFile(path, std::move(temporary), std::move(file));
}

NewFile::~NewFile() {
  if (file_.is_open()) ::unlink(temporary_.c_str());
}

Status NewFile::write(std::string_view bytes) { return write_all(file_.get(), bytes, path_); }

Status NewFile::sync() { return ::fsync(file_.get()) == 0 ? Status() : Status(failure(path_)); }

Status NewFile::put() {
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return failure(path_);
  file_.reset();
  return sync_folder(path_.parent_path());
}

}  // namespace spin::cli
