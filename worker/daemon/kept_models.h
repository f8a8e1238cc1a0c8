#pragma once

#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "schema/base/result.h"
#include "schema/job/session.h"

namespace spin::daemon {

/// Models of finished attempts, and checkpoints of those that a stop of the worker ended, until the
/// coordinator has acknowledged their last reports: what the outbox is for reports. One file an attempt,
/// named by its token, because two attempts may train the same model. Its hash stands in the result.
/// Thread-safe for different attempts.
class KeptModels {
 public:
  /// Makes the folder and removes the models of which no result in `outbox` tells.
  static Result<std::unique_ptr<KeptModels>> open(const std::filesystem::path& folder,
                                                  const std::vector<SequencedReport>& outbox);

  /// A second name for `file` that a power loss does not take; not_found where it cannot be read,
  /// resource_exhausted where the disk is full.
  Result<ArtifactRef> keep(const AttemptToken& attempt, const std::filesystem::path& file);
  void remove(const AttemptToken& attempt);
  [[nodiscard]] std::filesystem::path path(const AttemptToken& attempt) const;

 private:
  explicit KeptModels(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path folder_;
};

}  // namespace spin::daemon
