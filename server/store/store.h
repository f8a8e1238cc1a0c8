#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "server/core/changes.h"
#include "server/store/artifacts.h"
#include "server/store/garbage.h"

namespace spin {

/// Pages (4 KiB each) of the write-ahead log after which the writer copies it into the database: 8 MiB.
inline constexpr int kCheckpointPages = 2048;

/// The coordinator's database: one connection that writes, on one thread of its own, with group commit.
class Store {
 public:
  /// Called on the writer's thread once the batch is durable. Dropped where the store fails before, or closes
  /// while its disk is full.
  using Committed = std::function<void()>;
  /// Called on the writer's thread when a commit failed; the process must end, and recovers from what is on
  /// disk.
  using Fatal = std::function<void(const Error&)>;
  /// Called on the writer's thread when commits begin to wait because the disk is full, with the reason; with
  /// an empty text once they go through again.
  using DiskFull = std::function<void(const std::string& reason)>;

  /// Opens or makes the database, takes its lock (already_exists: another spind holds it), migrates and
  /// raises the boot epoch. The log is copied into the database whenever it has grown by `checkpoint_pages`.
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& path, Fatal fatal,
                                             int checkpoint_pages = kCheckpointPages);
  virtual ~Store() = default;

  /// Of this start: more than that of any before.
  [[nodiscard]] virtual std::int64_t boot_epoch() const = 0;
  /// Everything that the core needs to go on; data_loss, of whatever was taken, where quick_check finds
  /// damage. Call once, before the first commit.
  virtual Status load(core::StoredSink& sink) = 0;
  /// Before the first commit.
  virtual void watch_disk(DiskFull changed) = 0;
  /// Queues a batch. Batches are committed in order; several may share one transaction. While the disk is
  /// full they wait. Thread-safe.
  virtual void commit(std::vector<core::Change> changes, Committed committed) = 0;
  /// Called on the writer's thread at the end of a collection of garbage.
  using Collected = std::function<void(const GarbageReport&)>;
  /// Queues a pass over artifacts that nothing needs. It goes on in small steps between commits. Where one
  /// with the same policy waits or runs already, that one answers. Thread-safe; `artifacts` outlives the
  /// store.
  virtual void collect_garbage(ArtifactStore& artifacts, const GarbagePolicy& policy,
                               Collected collected) = 0;
  /// Commits what is queued, unless the disk is full, breaks a collection of garbage off, checkpoints and
  /// closes. No commit() may follow.
  virtual void close() = 0;
};

}  // namespace spin
