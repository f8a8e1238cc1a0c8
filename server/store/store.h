#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "schema/base/result.h"
#include "server/core/changes.h"

namespace spin {

/// The coordinator's database: one connection that writes, on one thread of its own, with group commit.
class Store {
 public:
  /// Called on the writer's thread once the batch is durable.
  using Committed = std::function<void()>;
  /// Called on the writer's thread when a commit failed; the process must end, and recovers from what is on
  /// disk.
  using Fatal = std::function<void(const Error&)>;

  /// Opens or makes the database, takes its lock (already_exists: another spind holds it), migrates, runs
  /// quick_check (data_loss) and raises the boot epoch.
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& path, Fatal fatal);
  virtual ~Store() = default;

  /// Everything that the core needs to go on. Call once, before the first commit.
  virtual Result<core::StoredState> load() = 0;
  /// Queues a batch. Batches are committed in order; several may share one transaction. Thread-safe.
  virtual void commit(std::vector<core::Change> changes, Committed committed) = 0;
  /// Commits what is queued, checkpoints and closes. No commit() may follow.
  virtual void close() = 0;
};

}  // namespace spin
