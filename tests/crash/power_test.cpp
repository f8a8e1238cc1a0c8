#include <fstream>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "tests/crash/disk_model.h"
#include "tests/crash/store_run.h"
#include "tests/server/store/fixture.h"

// Power that is cut at every write and every sync of a run, with every acknowledged transaction in an outside
// ledger. SPIN_CRASH_SEEDS=N repeats it with N seeds; the boundaries of a run are shared out over the shards.

namespace spin {
namespace {

constexpr std::size_t kPowerTransactions = 320;
constexpr std::size_t kPowerShards = 8;

/// A call with bytes of its own.
struct Recorded {
  DiskCall call;
  std::string path, bytes;
  [[nodiscard]] DiskCall view() const {
    auto copy = call;
    copy.path = path;
    copy.bytes = bytes;
    return copy;
  }
};
struct Acknowledged {};
using Event = std::variant<Recorded, Acknowledged>;

struct Recording {
  std::string path, empty_database;
  std::vector<Event> events;
  std::vector<std::string> states;  ///< fingerprints: before the first transaction, and after each
};

Recording record(unsigned seed) {
  const MemoryFolder folder;
  Recording recording{folder.database(), make_empty_database(), {}, {}};
  std::ofstream(folder.database(), std::ios::binary) << recording.empty_database;
  std::mutex mutex;
  const FaultVfs vfs([&](const DiskCall& call) {
    if (call.kind == DiskCall::Kind::read) return DiskAnswer();
    const std::lock_guard lock(mutex);
    recording.events.emplace_back(Recorded{call, std::string(call.path), std::string(call.bytes)});
    return DiskAnswer();
  });
  StoreRun run(folder.database(), seed, [&] {
    const std::lock_guard lock(mutex);
    recording.events.emplace_back(Acknowledged());
  });
  std::optional<Database> reader = value_of(Database::open(folder.database(), Database::Mode::read_only));
  reader->never_checkpoint();
  recording.states.push_back(fingerprint(*reader));
  while (recording.states.size() <= kPowerTransactions && run.step()) {
    recording.states.push_back(fingerprint(*reader));
  }
  EXPECT_FALSE(run.error().has_value()) << run.error()->message;
  reader.reset();  // the store closes last, and removes its log
  run.close();
  return recording;
}

/// Checks the disk that a loss of power leaves at each boundary of a shard.
class Cutter {
 public:
  Cutter(const Recording& recording, unsigned seed, std::size_t shard)
      : recording_(recording), seed_(seed), shard_(shard) {
    disk_.add_file(recording.path, recording.empty_database);
  }

  void run() {
    for (const auto& event : recording_.events) {
      if (const auto* call = std::get_if<Recorded>(&event)) {
        cut_at(*call);
      } else {
        ++acknowledged_;
      }
    }
    EXPECT_EQ(acknowledged_, kPowerTransactions);
    EXPECT_GT(boundary_, kPowerTransactions * 5) << "the run wrote hardly anything";
  }

 private:
  void cut_at(const Recorded& recorded) {
    const bool sync = recorded.call.kind == DiskCall::Kind::sync;
    if (!sync) disk_.apply(recorded.view());
    if (++boundary_ % kPowerShards == shard_) check();
    if (sync) disk_.apply(recorded.view());
  }

  void check() const {
    std::mt19937 random(seed_ * 1'000'003 + static_cast<unsigned>(boundary_));
    const auto fate = static_cast<DiskModel::Fate>(random() % 4);
    disk_.write_to(folder_.path(), fate, random);
    const auto context = "seed " + std::to_string(seed_) + ", boundary " + std::to_string(boundary_) +
                         ", after " + std::to_string(acknowledged_) + " transactions, fate " +
                         std::to_string(static_cast<int>(fate));
    const auto found = reopened_fingerprint(folder_, context);
    const auto& states = recording_.states;
    const bool next = acknowledged_ + 1 < states.size() && found == states[acknowledged_ + 1];
    EXPECT_TRUE(next || found == states[acknowledged_]) << context
                                                        << ": the database is neither what was acknowledged "
                                                           "last nor that with the next transaction";
  }

  const Recording& recording_;
  const unsigned seed_;
  const std::size_t shard_;
  const MemoryFolder folder_;
  DiskModel disk_;
  std::size_t boundary_ = 0, acknowledged_ = 0;
};

class PowerCut : public ::testing::TestWithParam<std::size_t> {};

TEST_P(PowerCut, LeavesWhatWasAcknowledgedAndNothingHalf) {
  for (unsigned seed = 1; seed <= crash_seeds(); ++seed) {
    const auto recording = record(seed);
    Cutter(recording, seed, GetParam()).run();
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, PowerCut, ::testing::Range(std::size_t{0}, kPowerShards));

/// The making of a database, cut at every write and sync: the next start makes it, or finds it.
TEST(PowerCutAtCreation, LeavesADatabaseOrNone) {
  std::vector<Recorded> calls;
  const MemoryFolder folder;
  {
    const FaultVfs vfs([&](const DiskCall& call) {
      if (call.kind != DiskCall::Kind::read)
        calls.push_back({call, std::string(call.path), std::string(call.bytes)});
      return DiskAnswer();
    });
    open_store(folder.database())->close();
  }
  const MemoryFolder cut;
  DiskModel disk;
  unsigned boundary = 0;
  for (const auto& call : calls) {
    // Until it is renamed. After that it is whole: making it synchronized all of it.
    if (call.path == folder.database()) break;
    if (call.call.kind != DiskCall::Kind::sync) disk.apply(call.view());
    std::mt19937 random(++boundary);
    disk.write_to(cut.path(), static_cast<DiskModel::Fate>(boundary % 4), random);
    const auto found = reopened_fingerprint(cut, "boundary " + std::to_string(boundary));
    EXPECT_FALSE(found.empty());
    if (call.call.kind == DiskCall::Kind::sync) disk.apply(call.view());
  }
  EXPECT_GT(boundary, 20U);
}

/// Were the store to acknowledge what is not synchronized, these tests would see it.
TEST(PowerCutOfADiskThatLies, IsNoticed) {
  auto recording = record(1);
  std::erase_if(recording.events, [](const Event& event) {
    const auto* call = std::get_if<Recorded>(&event);
    return call != nullptr && call->call.kind == DiskCall::Kind::sync && call->path.ends_with("-wal");
  });
  const MemoryFolder folder;
  DiskModel disk;
  disk.add_file(recording.path, recording.empty_database);
  std::mt19937 random(1);
  std::size_t acknowledged = 0, lost = 0;
  for (const auto& event : recording.events) {
    if (const auto* call = std::get_if<Recorded>(&event)) {
      disk.apply(call->view());
      continue;
    }
    if (++acknowledged > 3) break;
    disk.write_to(folder.path(), DiskModel::Fate::all_lost, random);
    if (reopened_fingerprint(folder, "a disk that lies") != recording.states[acknowledged]) ++lost;
  }
  EXPECT_EQ(lost, 3U);
}

}  // namespace
}  // namespace spin
