#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <utility>

#include "schema/base/ids.h"
#include "schema/base/result.h"

namespace spin::daemon {

/// Artifacts that this machine has, named by their SHA-256 in one folder, the least recently used going first
/// when they are more than the limit. Nothing is synced: what a crash spoils is found by its hash and fetched
/// again. Thread-safe.
class ArtifactCache {
 public:
  /// Makes the folder and removes what an earlier process left unfinished.
  static Result<std::unique_ptr<ArtifactCache>> open(const std::filesystem::path& folder,
                                                     std::int64_t limit_bytes);

  /// Gives the artifact another name at `target`, replacing what is there; not_found where the cache has not
  /// got it, or had it with wrong bytes, which are removed.
  Status take(const ArtifactId& id, const std::filesystem::path& target);
  /// Takes over `file` by a second name for it. Its hash has been checked by the caller.
  Status put(const ArtifactId& id, const std::filesystem::path& file);
  /// Where one download of the artifact grows; two at a time have two numbers.
  [[nodiscard]] std::filesystem::path partial(const ArtifactId& id, std::uint64_t number) const;

 private:
  ArtifactCache(std::filesystem::path folder, std::int64_t limit_bytes)
      : folder_(std::move(folder)), limit_bytes_(limit_bytes) {}
  void evict(const std::filesystem::path& keep);

  const std::filesystem::path folder_;
  const std::int64_t limit_bytes_;
  std::mutex mutex_;  // one change of the folder at a time
};

/// A second name for a file as it is now: a hard link, or a copy where the file system has none. Replaces
/// `to`.
Status link_or_copy(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace spin::daemon
