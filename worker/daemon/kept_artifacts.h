#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "schema/base/result.h"
#include "schema/job/session.h"

namespace spin::daemon {

/// What finished attempts leave behind, and checkpoints of those that a stop of the worker ended, until the
/// coordinator has acknowledged their last reports: what the outbox is for reports. One file of each kind an
/// attempt, named by its token, because two attempts may train the same model. Its hash stands in the report.
/// Thread-safe for different files.
class KeptArtifacts {
 public:
  /// Makes the folder and removes the files of which no report in `outbox` tells.
  static Result<std::unique_ptr<KeptArtifacts>> open(const std::filesystem::path& folder,
                                                     const std::vector<SequencedReport>& outbox);

  /// A second name for `file` that a power loss does not take; not_found where it cannot be read,
  /// resource_exhausted where the disk is full. Tried again after an error of fsync it is a copy: the kernel
  /// drops what it could not write, and fsync of the same file then has nothing more to fail at; data_loss
  /// where the file has lost its bytes by that.
  Result<ArtifactRef> keep(const AttemptToken& attempt, ArtifactKind kind, const std::filesystem::path& file);
  /// All kinds.
  void remove(const AttemptToken& attempt);
  [[nodiscard]] std::filesystem::path path(const AttemptToken& attempt, ArtifactKind kind) const;

 private:
  explicit KeptArtifacts(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] std::optional<Digest> unsynced(const std::filesystem::path& kept) const;

  const std::filesystem::path folder_;
  mutable std::mutex mutex_;
  /// Behind the lock. SHA-256 of the files whose fsync has failed.
  std::map<std::filesystem::path, Digest> unsynced_;
};

}  // namespace spin::daemon
