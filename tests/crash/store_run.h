#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/store/store.h"
#include "tests/crash/fault_vfs.h"
#include "tests/crash/workload.h"

namespace spin {

/// So small a mark that a run of a few dozen transactions copies its log into the database and begins it
/// anew.
inline constexpr int kSmallCheckpointPages = 60;

/// A folder in memory where the system has one, else on the disk; it goes with the object.
class MemoryFolder {
 public:
  MemoryFolder();
  ~MemoryFolder();
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path database() const { return path_ / "spin.db"; }

 private:
  std::filesystem::path path_;
};

/// All rows of all tables but `meta`, without the times, each with its table: equal for equal transactions.
Result<std::vector<std::string>> all_rows(Database& database);
/// The same as one hash; a failure fails the test.
std::string fingerprint(Database& database);

/// A real store that executes a workload, one transaction after the other, as long as it lives.
class StoreRun {
 public:
  /// A refusal to open is kept in error(). `on_acknowledged` is called on the writer's thread.
  StoreRun(
      const std::filesystem::path& path, unsigned seed, std::function<void()> on_acknowledged = [] {});
  ~StoreRun() { close(); }
  StoreRun(const StoreRun&) = delete;
  StoreRun& operator=(const StoreRun&) = delete;

  /// Until the next transaction is acknowledged; false where the store refused to open or failed for good.
  bool step();
  /// Returns when the writer has nothing left to do.
  void settle();
  void close();
  [[nodiscard]] std::size_t acknowledged() const { return acknowledged_; }
  /// What the store failed with.
  [[nodiscard]] std::optional<Error> error();

 private:
  const std::function<void()> on_acknowledged_;
  Workload workload_;
  std::size_t acknowledged_ = 0;  ///< transactions

  std::mutex mutex_;
  std::condition_variable changed_;
  // Behind mutex_.
  std::size_t callbacks_ = 0;
  std::optional<Error> error_;
  std::unique_ptr<Store> store_;  ///< last: its thread calls back
};

/// An empty database, closed: its bytes.
std::string make_empty_database();
/// Fingerprints before the first transaction of a run and after each, which `ended` is called in, before it
/// closes.
std::vector<std::string> states_of_run(
    const std::filesystem::path& path, unsigned seed, std::size_t transactions,
    const std::function<void()>& ended = [] {});
/// How often the tests of this folder are repeated, each time with other random choices: SPIN_CRASH_SEEDS,
/// else 1.
unsigned crash_seeds();

/// What a next start finds: the fingerprint of the database in `folder`, opened by the real code over the
/// real file system and found whole; a failed test where it is not. Leaves the folder empty.
std::string reopened_fingerprint(const MemoryFolder& folder, const std::string& context);

}  // namespace spin
