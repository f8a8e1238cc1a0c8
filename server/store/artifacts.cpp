#include "server/store/artifacts.h"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "server/store/artifact_folder.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

/// After this long without a byte nobody is expected to go on with an upload.
constexpr auto kUploadKept = std::chrono::hours(24);

Status make_private_folder(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error)) {
    return Error{ErrorCode::invalid_argument, "artifact folder " + path.string() + " is not a folder"};
  }
  const bool made = fs::create_directories(path, error);
  if (error) return ArtifactStore::State::failure(path, error.value());
  struct ::stat folder {};
  if (::stat(path.c_str(), &folder) != 0) return ArtifactStore::State::failure(path, errno);
  if ((made || (folder.st_mode & 0077U) != 0) && ::chmod(path.c_str(), 0700) != 0) {
    return ArtifactStore::State::failure(path, errno);
  }
  return made ? sync_folder(path.parent_path()) : Status();
}

void remove_forgotten_uploads(const fs::path& incoming) {
  std::error_code error;
  const auto now = fs::file_time_type::clock::now();
  for (const auto& entry : fs::directory_iterator(incoming, error)) {
    const auto written = entry.last_write_time(error);
    if (!error && now - written > kUploadKept) fs::remove(entry.path(), error);
  }
}

}  // namespace

Error ArtifactStore::State::failure(const fs::path& path, int error_number) {
  return Error{ErrorCode::internal,
               "artifact folder: " + path.string() + ": " + std::generic_category().message(error_number)};
}

Error ArtifactStore::State::full(std::int64_t needed_bytes) const {
  struct ::statvfs system {};
  const bool known = ::statvfs(folder.c_str(), &system) == 0;
  return Error{ErrorCode::resource_exhausted,
               "artifact folder " + folder.string() + " is full: " + std::to_string(needed_bytes) +
                   " bytes needed, " +
                   (known ? std::to_string(system.f_bavail * system.f_frsize) : "unknown") + " free"};
}

Status ArtifactStore::State::check_free(std::int64_t needed_bytes) const {
  struct ::statvfs system {};
  if (::statvfs(folder.c_str(), &system) != 0) return failure(folder, errno);
  if (static_cast<std::uint64_t>(needed_bytes) > system.f_bavail * system.f_frsize) return full(needed_bytes);
  return {};
}

Result<std::unique_ptr<ArtifactStore>> ArtifactStore::open(const fs::path& folder) {
  std::error_code error;
  auto state = std::make_shared<State>(fs::weakly_canonical(fs::absolute(folder), error));
  if (error) return State::failure(folder, error.value());
  SPIN_TRY(make_private_folder(state->folder));
  SPIN_TRY(make_private_folder(state->incoming()));
  remove_forgotten_uploads(state->incoming());
  return std::unique_ptr<ArtifactStore>(new ArtifactStore(std::move(state)));
}

ArtifactStore::Stat ArtifactStore::stat(const ArtifactId& id) const {
  struct ::stat file {};
  if (::stat(state_->complete(id).c_str(), &file) == 0) return {true, file.st_size};
  if (::stat(state_->incoming(id).c_str(), &file) == 0) return {false, file.st_size};
  return {};
}

Result<FileDescriptor> ArtifactStore::read(const ArtifactId& id) const {
  const auto path = state_->complete(id);
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.is_open()) return file;
  if (errno == ENOENT) {
    return Error{ErrorCode::not_found, "there is no artifact " + id.hex() + " in " + state_->folder.string()};
  }
  return State::failure(path, errno);
}

}  // namespace spin
