#include "worker/daemon/kept_models.h"

#include <cerrno>
#include <cstring>
#include <set>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "schema/base/file.h"
#include "schema/base/paths.h"
#include "schema/base/sha256.h"
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

}  // namespace

Result<std::unique_ptr<KeptModels>> KeptModels::open(const fs::path& folder,
                                                     const std::vector<SequencedReport>& outbox) {
  SPIN_TRY(make_private_folders(folder));
  SPIN_TRY(sync_folder(folder.parent_path()));
  std::unique_ptr<KeptModels> models(new KeptModels(folder));
  std::set<fs::path> wanted;
  for (const auto& kept : outbox) {
    if (agent::artifact_of(kept.report.body) != nullptr) wanted.insert(models->path(kept.report.attempt));
  }
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (wanted.count(entry->path()) == 0) fs::remove(entry->path(), ignored);
  }
  if (error) return Error{ErrorCode::internal, folder.string() + ": " + error.message()};
  return models;
}

Result<ArtifactRef> KeptModels::keep(const AttemptToken& attempt, const fs::path& file) {
  const fs::path kept = path(attempt);
  SPIN_TRY(link_or_copy(file, kept));
  SPIN_ASSIGN(const Digest digest, sha256_file(kept));
  std::error_code error;
  const auto bytes = fs::file_size(kept, error);
  if (error) return Error{ErrorCode::not_found, kept.string() + ": " + error.message()};
  SPIN_TRY(sync_file(kept));
  SPIN_TRY(sync_folder(folder_));
  return ArtifactRef{{digest}, ArtifactKind::model, static_cast<std::int64_t>(bytes)};
}

void KeptModels::remove(const AttemptToken& attempt) {
  std::error_code ignored;
  fs::remove(path(attempt), ignored);
}

fs::path KeptModels::path(const AttemptToken& attempt) const { return folder_ / agent::token_name(attempt); }

}  // namespace spin::daemon
