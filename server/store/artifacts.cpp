#include "server/store/artifacts.h"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/base/clock.h"
#include "server/store/artifact_folder.h"
#include "server/store/disk_room.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

/// After this long without a byte nobody is expected to go on with an upload.
constexpr std::int64_t kUploadKeptMs = std::int64_t{24} * 3600 * 1000;

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

std::string full_text(const fs::path& folder) { return "artifact folder " + folder.string() + " is full"; }

std::int64_t written_at_ms(const struct ::stat& file) {
  return std::int64_t{file.st_mtim.tv_sec} * 1000 + file.st_mtim.tv_nsec / 1'000'000;
}

}  // namespace

Error ArtifactStore::State::failure(const fs::path& path, int error_number) {
  return Error{is_shortage(error_number) ? ErrorCode::resource_exhausted : ErrorCode::internal,
               "artifact folder: " + path.string() + ": " + std::generic_category().message(error_number)};
}

Error ArtifactStore::State::full(std::int64_t needed_bytes) const {
  return no_room(full_text(folder), folder, needed_bytes, reserve_bytes);
}

Status ArtifactStore::State::check_free(std::int64_t needed_bytes) const {
  return check_room(full_text(folder), folder, needed_bytes, reserve_bytes);
}

Result<std::unique_ptr<ArtifactStore>> ArtifactStore::open(const fs::path& folder,
                                                           std::uint64_t reserve_bytes) {
  std::error_code error;
  auto state = std::make_shared<State>(fs::weakly_canonical(fs::absolute(folder), error), reserve_bytes);
  if (error) return State::failure(folder, error.value());
  SPIN_TRY(make_private_folder(state->folder));
  SPIN_TRY(make_private_folder(incoming_folder(state->folder)));
  std::unique_ptr<ArtifactStore> store(new ArtifactStore(std::move(state)));
  SPIN_TRY(store->remove_forgotten_uploads());
  return store;
}

Result<std::unique_ptr<ArtifactStore>> ArtifactStore::open_to_read(const fs::path& folder) {
  std::error_code error;
  auto state = std::make_shared<State>(fs::weakly_canonical(fs::absolute(folder), error), 0);
  if (error) return State::failure(folder, error.value());
  state->is_read_only = true;
  return std::unique_ptr<ArtifactStore>(new ArtifactStore(std::move(state)));
}

ArtifactStore::Stat ArtifactStore::stat(const ArtifactId& id) const {
  struct ::stat file {};
  const auto path = state_->complete(id);
  const std::lock_guard lock(state_->mutex);
  if (::stat(path.c_str(), &file) == 0) {
    if (!state_->is_read_only)
      ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);  // where it fails, the file is as old as it was
    return {true, file.st_size};
  }
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

Result<std::optional<std::int64_t>> ArtifactStore::remove_older(const ArtifactId& id,
                                                                std::int64_t before_ms) {
  const auto path = state_->complete(id);
  struct ::stat file {};
  const std::lock_guard lock(state_->mutex);
  if (::stat(path.c_str(), &file) != 0) {
    if (errno != ENOENT) return State::failure(path, errno);
    return std::optional<std::int64_t>();
  }
  if (written_at_ms(file) >= before_ms) return std::optional<std::int64_t>();
  if (::unlink(path.c_str()) != 0) return State::failure(path, errno);
  return std::optional<std::int64_t>(file.st_size);
}

Result<std::int64_t> ArtifactStore::remove_forgotten_uploads() {
  const auto before_ms = wall_clock_ms() - kUploadKeptMs;
  SPIN_ASSIGN(const auto files, files_of(incoming_folder(state_->folder)));
  std::int64_t removed = 0;
  for (const auto& file : files) {
    if (file.written_at_ms >= before_ms) continue;
    const std::lock_guard lock(state_->mutex);
    if (file.id && state_->uploading.contains(*file.id)) continue;
    if (::unlink((incoming_folder(state_->folder) / file.name).c_str()) == 0) ++removed;
  }
  return removed;
}

const fs::path& ArtifactStore::folder() const { return state_->folder; }

}  // namespace spin
