#include "worker/daemon/kept_artifacts.h"

#include <cerrno>
#include <cstring>
#include <set>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "schema/base/file.h"
#include "schema/base/paths.h"
#include "schema/base/sha256.h"
#include "schema/design/names.h"
#include "worker/agent/attempt.h"
#include "worker/agent/reports.h"
#include "worker/daemon/artifact_cache.h"

namespace spin::daemon {
namespace {

namespace fs = std::filesystem;

Status sync_file(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.is_open() && ::fsync(file.get()) == 0) return {};
  return Error{ErrorCode::internal, path.string() + ": " + std::strerror(errno)};
}

/// New bytes on the disk, which no link and no reflink would be.
Status write_anew(const fs::path& from, const fs::path& to) {
  const FileDescriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source.is_open()) return Error{ErrorCode::not_found, from.string() + ": " + std::strerror(errno)};
  std::error_code ignored;
  fs::remove(to, ignored);
  const FileDescriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!target.is_open()) return Error{ErrorCode::internal, to.string() + ": " + std::strerror(errno)};
  std::string block(1 << 20, '\0');
  for (;;) {
    const ssize_t count = ::read(source.get(), block.data(), block.size());
    if (count == 0) return {};
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error{ErrorCode::not_found, from.string() + ": " + std::strerror(errno)};
    SPIN_TRY(write_all(target.get(), {block.data(), static_cast<std::size_t>(count)}, to));
  }
}

}  // namespace

Result<std::unique_ptr<KeptArtifacts>> KeptArtifacts::open(const fs::path& folder,
                                                           const std::vector<SequencedReport>& outbox) {
  SPIN_TRY(make_private_folders(folder));
  SPIN_TRY(sync_folder(folder.parent_path()));
  std::unique_ptr<KeptArtifacts> artifacts(new KeptArtifacts(folder));
  std::set<fs::path> wanted;
  for (const auto& kept : outbox) {
    for (const ArtifactRef& artifact : agent::artifacts_of(kept.report.body))
      wanted.insert(artifacts->path(kept.report.attempt, artifact.kind));
  }
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (wanted.count(entry->path()) == 0) fs::remove(entry->path(), ignored);
  }
  if (error) return Error{ErrorCode::internal, folder.string() + ": " + error.message()};
  return artifacts;
}

Result<ArtifactRef> KeptArtifacts::keep(const AttemptToken& attempt, ArtifactKind kind,
                                        const fs::path& file) {
  const fs::path kept = path(attempt, kind);
  const auto expected = unsynced(kept);
  SPIN_TRY(expected ? write_anew(file, kept) : link_or_copy(file, kept));
  SPIN_ASSIGN(const Digest digest, sha256_file(kept));
  if (expected && digest != *expected)
    return Error{ErrorCode::data_loss, file.string() + ": the disk has lost bytes that it did not take"};
  std::error_code error;
  const auto bytes = fs::file_size(kept, error);
  if (error) return Error{ErrorCode::not_found, kept.string() + ": " + error.message()};
  Status synced = sync_file(kept);
  if (synced.ok()) synced = sync_folder(folder_);
  const std::lock_guard lock(mutex_);
  if (!synced.ok()) {
    unsynced_[kept] = digest;
    return synced.error();
  }
  unsynced_.erase(kept);
  return ArtifactRef{{digest}, kind, static_cast<std::int64_t>(bytes)};
}

void KeptArtifacts::remove(const AttemptToken& attempt) {
  const std::lock_guard lock(mutex_);
  for (const auto& [kind, name] : enum_names<ArtifactKind>()) {
    std::error_code ignored;
    fs::remove(path(attempt, kind), ignored);
    unsynced_.erase(path(attempt, kind));
  }
}

std::optional<Digest> KeptArtifacts::unsynced(const fs::path& kept) const {
  const std::lock_guard lock(mutex_);
  const auto found = unsynced_.find(kept);
  return found == unsynced_.end() ? std::nullopt : std::optional(found->second);
}

fs::path KeptArtifacts::path(const AttemptToken& attempt, ArtifactKind kind) const {
  return folder_ / (agent::token_name(attempt) + "." + std::string(enum_name(kind)));
}

}  // namespace spin::daemon
