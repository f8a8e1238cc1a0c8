#include <atomic>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tests/crash/fault_vfs.h"
#include "tests/crash/store_run.h"
#include "tests/server/store/fixture.h"

// An error of the disk at every call of a run: read and write errors, a full disk, writes that are cut short.
// Each happens once; after it the disk works again, which is when a wrong acknowledgement would come. A disk
// that is full ends a store that opens; one that runs goes on.
// SPIN_CRASH_SEEDS=N repeats it with N seeds; the calls of a run are shared out over the shards.

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kErrorTransactions = 60;
constexpr std::size_t kErrorShards = 4;

DiskAnswer fault_of(const DiskCall& call, std::size_t choice) {
  switch (call.kind) {
    case DiskCall::Kind::create:
      return {SQLITE_CANTOPEN};
    case DiskCall::Kind::read:
      return {SQLITE_IOERR_READ};
    case DiskCall::Kind::truncate:
      return {SQLITE_IOERR_TRUNCATE};
    case DiskCall::Kind::sync:
      return {SQLITE_IOERR_FSYNC};
    case DiskCall::Kind::remove:
      return {SQLITE_IOERR_DELETE};
    case DiskCall::Kind::write:
      if (choice % 3 == 0) return {SQLITE_IOERR_WRITE};
      if (choice % 3 == 1) return {SQLITE_FULL};
      return {SQLITE_FULL, call.size / 2};
  }
  return {};
}

/// The run with an error at one of its calls; 0 is none.
struct Outcome {
  std::size_t calls = 0, acknowledged = 0;
  bool struck = false, while_closing = false;
  DiskCall::Kind kind = DiskCall::Kind::read;
  bool full = false;  ///< a disk that is full, of a store that runs
  std::optional<Error> error;
};

Outcome run_with_error_at(std::size_t call_number, const fs::path& path, unsigned seed) {
  Outcome outcome;
  std::atomic<bool> running = false, closing = false;
  std::mutex mutex;
  const FaultVfs vfs([&](const DiskCall& call) {
    const std::lock_guard lock(mutex);
    if (++outcome.calls != call_number) return DiskAnswer();
    outcome.struck = true;
    outcome.while_closing = closing;
    outcome.kind = call.kind;
    const DiskAnswer fault = fault_of(call, call_number + seed);
    outcome.full = running && fault.code == SQLITE_FULL;
    return fault;
  });
  StoreRun run(path, seed);
  running = true;
  while (run.acknowledged() < kErrorTransactions && run.step()) {
  }
  outcome.acknowledged = run.acknowledged();
  closing = true;
  run.close();
  outcome.error = run.error();
  return outcome;
}

class DiskError : public ::testing::TestWithParam<std::size_t> {
 protected:
  void strike_everywhere(unsigned seed) {
    const auto empty_database = make_empty_database();
    const MemoryFolder folder, healthy;
    std::ofstream(healthy.database(), std::ios::binary) << empty_database;
    const auto states = states_of_run(healthy.database(), seed, kErrorTransactions);
    std::size_t struck = 0;
    for (std::size_t call = 1 + GetParam();; call += kErrorShards) {
      std::ofstream(folder.database(), std::ios::binary) << empty_database;
      const auto outcome = run_with_error_at(call, folder.database(), seed);
      const auto context = "seed " + std::to_string(seed) + ", call " + std::to_string(call) + ", after " +
                           std::to_string(outcome.acknowledged) + " transactions";
      const auto found = reopened_fingerprint(folder, context);
      if (!outcome.struck) break;
      ++struck;
      check_told(outcome, context);
      const auto next = outcome.acknowledged + 1;
      EXPECT_TRUE(found == states[outcome.acknowledged] || (next < states.size() && found == states[next]))
          << context;
    }
    EXPECT_GT(struck * kErrorShards, kErrorTransactions * 5) << "the run wrote hardly anything";
  }

 private:
  /// An error in what the next acknowledgement depends on is never passed over.
  static void check_told(const Outcome& outcome, const std::string& context) {
    if (outcome.full) {
      EXPECT_FALSE(outcome.error.has_value()) << context << ": " << outcome.error->message;
      EXPECT_EQ(outcome.acknowledged, kErrorTransactions) << context;
      return;
    }
    const bool matters = outcome.kind == DiskCall::Kind::write || outcome.kind == DiskCall::Kind::sync;
    if (!matters || outcome.while_closing) return;
    ASSERT_TRUE(outcome.error.has_value()) << context;
    EXPECT_FALSE(outcome.error->message.empty()) << context;
    EXPECT_TRUE(outcome.error->code == ErrorCode::internal ||
                outcome.error->code == ErrorCode::resource_exhausted)
        << context << ": " << outcome.error->message;
  }
};

TEST_P(DiskError, EndsTheStoreUnlessItIsFullAndNothingIsAcknowledgedThatIsNotThere) {
  for (unsigned seed = 1; seed <= crash_seeds(); ++seed) strike_everywhere(seed);
}

INSTANTIATE_TEST_SUITE_P(Shards, DiskError, ::testing::Range(std::size_t{0}, kErrorShards));

}  // namespace
}  // namespace spin
