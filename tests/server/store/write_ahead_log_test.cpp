#include "server/store/write_ahead_log.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <boost/endian/conversion.hpp>

#include "schema/base/file.h"
#include "server/store/database.h"
#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

// Logs that SQLite wrote, against what SQLite makes of them.

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeaderBytes = 32, kFrameHeaderBytes = 24;

std::string bytes_of(const fs::path& path) { return value_of(read_file(path, std::size_t{1} << 30U)); }

void write_file(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

unsigned char* at(std::string& bytes, std::size_t offset) {
  return reinterpret_cast<unsigned char*>(bytes.data()) + offset;
}

/// A database with a page size of its own, and a log of three commits that make it larger and larger.
class WriteAheadLog : public ::testing::TestWithParam<int> {
 protected:
  WriteAheadLog() {
    run_sql(path(), "PRAGMA page_size = " + std::to_string(GetParam()) +
                        "; PRAGMA journal_mode = WAL; CREATE TABLE t (b BLOB)");
    auto database = value_of(Database::open(path(), Database::Mode::read_write));
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(
          database.run("INSERT INTO t VALUES (zeroblob(6 * " + std::to_string(GetParam()) + "))").ok());
      pages_.push_back(value_of(database.integer("PRAGMA page_count")));
      sizes_.push_back(fs::file_size(log_path()));
    }
    database_ = bytes_of(path());
    log_ = bytes_of(log_path());
  }
  [[nodiscard]] fs::path path() const { return folder_ / "a.db"; }
  [[nodiscard]] fs::path log_path() const { return folder_ / "a.db-wal"; }
  [[nodiscard]] std::size_t frame_bytes() const {
    return kFrameHeaderBytes + static_cast<std::size_t>(GetParam());
  }

  /// What is read of a log beside `database_`; SQLite finds as many pages.
  std::optional<LoggedState> state_of(const std::string& log) {
    const auto path = folder_ / "other.db";
    write_file(path, database_);
    write_file(path.string() + "-wal", log);
    auto state = value_of(read_log(path.string() + "-wal"));
    auto database = value_of(Database::open(path, Database::Mode::read_only));
    database.never_checkpoint();
    EXPECT_EQ(value_of(database.integer("PRAGMA page_count")),
              state ? std::int64_t{state->pages} : std::ssize(database_) / GetParam());
    return state;
  }
  /// 0 where the log holds no commit.
  std::int64_t pages_of(const std::string& log) {
    const auto state = state_of(log);
    return state ? state->pages : 0;
  }

  const TempFolder folder_;
  std::vector<std::int64_t> pages_;  ///< of the database after each commit
  std::vector<std::size_t> sizes_;   ///< of the log, bytes, after each commit
  std::string database_, log_;
};

TEST_P(WriteAheadLog, HoldsThePagesOfItsCommits) {
  const auto state = state_of(log_);
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->page_bytes, static_cast<std::uint32_t>(GetParam()));
  EXPECT_EQ(state->pages, pages_.back());
  std::set<std::uint64_t> held;
  for (auto frame = kHeaderBytes; frame < log_.size(); frame += frame_bytes()) {
    held.insert(boost::endian::load_big_u32(at(log_, frame)));
  }
  EXPECT_GT(held.size(), 18U);
  for (std::uint64_t page = 0; page <= state->pages + 1; ++page) {
    EXPECT_EQ(state->holds(page), held.contains(page)) << page;
  }
}

TEST_P(WriteAheadLog, CutAnywhereHoldsTheCommitsBefore) {
  for (std::size_t frame = kHeaderBytes; frame <= log_.size(); frame += frame_bytes()) {
    for (const auto size : {frame - 1, frame, frame + 1}) {
      const auto commits = static_cast<std::size_t>(
          std::ranges::count_if(sizes_, [size](std::size_t end) { return end <= size; }));
      EXPECT_EQ(pages_of(log_.substr(0, size)), commits == 0 ? 0 : pages_[commits - 1]) << size;
    }
  }
}

TEST_P(WriteAheadLog, AFlippedBitEndsItBeforeItsCommit) {
  for (const std::size_t offset : {0, 3, 4, 8, 12, 16, 20, 24, 31}) {  // of the header
    auto damaged = log_;
    *at(damaged, offset) ^= 4U;
    EXPECT_EQ(pages_of(damaged), 0) << offset;
  }
  for (const std::size_t offset : {0, 3, 4, 8, 15, 16, 23, 24, 500}) {  // of the first frame after a commit
    for (std::size_t commit = 0; commit < 2; ++commit) {
      auto damaged = log_;
      *at(damaged, sizes_[commit] + offset) ^= 4U;
      EXPECT_EQ(pages_of(damaged), pages_[commit]) << offset;
    }
  }
}

TEST_P(WriteAheadLog, FramesOfAnEarlierRoundAreNotItsOwn) {
  auto database = value_of(Database::open(path(), Database::Mode::read_write));
  ASSERT_TRUE(database.run("INSERT INTO t VALUES (zeroblob(30 * " + std::to_string(GetParam()) + "))").ok());
  const auto bytes = fs::file_size(log_path());
  ASSERT_TRUE(database.checkpoint().ok());
  ASSERT_TRUE(database.run("INSERT INTO t VALUES (1)").ok());
  database_ = bytes_of(path());
  const auto log = bytes_of(log_path());
  ASSERT_EQ(log.size(), bytes) << "it was not begun anew";
  const auto state = state_of(log);
  ASSERT_TRUE(state.has_value());
  EXPECT_LT(std::ranges::count(state->is_held, true), 5);
}

TEST_P(WriteAheadLog, MayHaveBeenWrittenByAMachineOfTheOtherByteOrder) {
  std::uint32_t first = 0, second = 0;
  const auto add = [&](std::size_t offset, std::size_t bytes) {
    for (const auto end = offset + bytes; offset < end; offset += 8) {
      first += boost::endian::load_big_u32(at(log_, offset)) + second;
      second += boost::endian::load_big_u32(at(log_, offset + 4)) + first;
    }
  };
  const auto store = [&](std::size_t offset) {
    boost::endian::store_big_u32(at(log_, offset), first);
    boost::endian::store_big_u32(at(log_, offset + 4), second);
  };
  *at(log_, 3) ^= 1U;
  add(0, 24);
  store(24);
  for (auto frame = kHeaderBytes; frame < log_.size(); frame += frame_bytes()) {
    add(frame, 8);
    add(frame + kFrameHeaderBytes, frame_bytes() - kFrameHeaderBytes);
    store(frame + 16);
  }
  EXPECT_EQ(pages_of(log_), pages_.back());
}

INSTANTIATE_TEST_SUITE_P(PageBytes, WriteAheadLog, ::testing::Values(512, 4096, 65536));

TEST(WriteAheadLogs, ThatAreNotThereOrEmptyHoldNothing) {
  const TempFolder folder;
  EXPECT_FALSE(value_of(read_log(folder / "none")).has_value());
  write_file(folder / "empty", "");
  EXPECT_FALSE(value_of(read_log(folder / "empty")).has_value());
  EXPECT_FALSE(read_log(folder.path()).ok()) << "a folder";
}

}  // namespace
}  // namespace spin
