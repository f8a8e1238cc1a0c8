#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/base/sha256.h"
#include "server/store/artifact_folder.h"
#include "server/store/disk_room.h"

namespace spin {
namespace {

namespace fs = std::filesystem;
using State = ArtifactStore::State;

constexpr std::size_t kBlockBytes = std::size_t{1} << 18U;

/// Keeps a second upload of the same artifact out.
class Claim {
 public:
  static Result<Claim> take(std::shared_ptr<State> state, const ArtifactId& id) {
    const std::lock_guard lock(state->mutex);
    if (!state->uploading.insert(id).second) {
      return Error{ErrorCode::unavailable,
                   "artifact " + id.hex() + " is being uploaded by another worker; try again"};
    }
    return Claim(std::move(state), id);
  }
  ~Claim() {
    if (state_ == nullptr) return;
    const std::lock_guard lock(state_->mutex);
    state_->uploading.erase(id_);
  }
  Claim(Claim&&) noexcept = default;
  Claim& operator=(Claim&&) = delete;

 private:
  Claim(std::shared_ptr<State> state, const ArtifactId& id) : state_(std::move(state)), id_(id) {}
  std::shared_ptr<State> state_;
  ArtifactId id_;
};

/// Of an artifact that is there already: a repeated upload is not an error.
class DiscardingUpload final : public ArtifactStore::Upload {
 public:
  Status append(std::int64_t, std::string_view) override { return {}; }
  Status finish() override { return {}; }
};

class FileUpload final : public ArtifactStore::Upload {
 public:
  FileUpload(Claim claim, std::shared_ptr<State> state, const ArtifactId& id, std::int64_t bytes)
      : claim_(std::move(claim)),
        state_(std::move(state)),
        id_(id),
        path_(state_->incoming(id)),
        bytes_(bytes) {}

  /// Takes over what an earlier upload left.
  Status open() {
    file_ = FileDescriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file_.is_open()) return is_disk_full(errno) ? state_->full(bytes_) : State::failure(path_, errno);
    struct ::stat file {};
    if (::fstat(file_.get(), &file) != 0) return State::failure(path_, errno);
    if (file.st_size > bytes_) {
      if (::ftruncate(file_.get(), 0) != 0) return State::failure(path_, errno);
    } else {
      SPIN_TRY(hash_left_over());
    }
    return state_->check_free(bytes_ - position_);
  }

  Status append(std::int64_t offset, std::string_view bytes) override {
    if (offset != position_) {
      return Error{ErrorCode::invalid_argument, "artifact " + id_.hex() + ": offset " +
                                                    std::to_string(offset) + " was sent, " +
                                                    std::to_string(position_) + " is expected"};
    }
    const auto count = static_cast<std::int64_t>(bytes.size());
    if (count > bytes_ - position_) {
      return Error{ErrorCode::invalid_argument, "artifact " + id_.hex() + ": more bytes were sent than the " +
                                                    std::to_string(bytes_) + " announced"};
    }
    SPIN_TRY(state_->check_free(count));
    if (const auto status = write_all(file_.get(), bytes, path_); !status.ok())
      return give_up(status.error());
    hash_.update(bytes);
    position_ += count;
    return {};
  }

  Status finish() override {
    if (position_ != bytes_) {
      return Error{ErrorCode::failed_precondition, "artifact " + id_.hex() + ": " +
                                                       std::to_string(position_) + " of " +
                                                       std::to_string(bytes_) + " bytes were sent"};
    }
    if (const auto digest = hash_.finish(); digest != id_.digest) {
      ::unlink(path_.c_str());
      return Error{ErrorCode::data_loss, "artifact " + id_.hex() + ": the bytes that arrived have the hash " +
                                             to_hex(digest) + "; send them again"};
    }
    if (::fsync(file_.get()) != 0) {
      // What the disk holds now is not known.
      const int reason = errno;
      ::unlink(path_.c_str());
      return is_disk_full(reason) ? state_->full(bytes_) : State::failure(path_, reason);
    }
    return publish();
  }

 private:
  Status hash_left_over() {
    std::vector<char> block(kBlockBytes);
    for (;;) {
      const auto count = ::read(file_.get(), block.data(), block.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return State::failure(path_, errno);
      if (count == 0) return {};
      hash_.update({block.data(), static_cast<std::size_t>(count)});
      position_ += count;
    }
  }

  /// Cuts off what a failed write left, so that the upload can go on from what was taken.
  Status give_up(Error error) {
    if (::ftruncate(file_.get(), position_) != 0 || ::lseek(file_.get(), position_, SEEK_SET) < 0) {
      ::unlink(path_.c_str());
    }
    return error.code == ErrorCode::resource_exhausted ? state_->full(bytes_ - position_) : std::move(error);
  }

  Status publish() {
    const auto target = state_->complete(id_);
    const auto folder = target.parent_path();
    if (::mkdir(folder.c_str(), 0700) == 0) {
      SPIN_TRY(sync_folder(state_->folder));
    } else if (errno != EEXIST) {
      return is_disk_full(errno) ? state_->full(bytes_) : State::failure(folder, errno);
    }
    if (::rename(path_.c_str(), target.c_str()) != 0) {
      return is_disk_full(errno) ? state_->full(bytes_) : State::failure(target, errno);
    }
    return sync_folder(folder);
  }

  // Constant after construction.
  Claim claim_;
  std::shared_ptr<State> state_;
  ArtifactId id_;
  fs::path path_;
  std::int64_t bytes_;

  FileDescriptor file_;
  Sha256 hash_;
  std::int64_t position_ = 0;  ///< bytes taken, all of them hashed
};

}  // namespace

Result<std::unique_ptr<ArtifactStore::Upload>> ArtifactStore::upload(const ArtifactId& id,
                                                                     std::int64_t bytes) {
  if (bytes < 0) {
    return Error{ErrorCode::invalid_argument, "artifact " + id.hex() + ": a size of " +
                                                  std::to_string(bytes) +
                                                  " bytes was announced; 0 or more are possible"};
  }
  if (state_->is_read_only)
    return Error{ErrorCode::failed_precondition, "the artifacts of this spind are read alone (--read-only)"};
  SPIN_ASSIGN(auto claim, Claim::take(state_, id));
  if (stat(id).complete) return std::unique_ptr<Upload>(std::make_unique<DiscardingUpload>());
  auto upload = std::make_unique<FileUpload>(std::move(claim), state_, id, bytes);
  SPIN_TRY(upload->open());
  return std::unique_ptr<Upload>(std::move(upload));
}

}  // namespace spin
