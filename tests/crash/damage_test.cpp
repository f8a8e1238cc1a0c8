#include <algorithm>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "schema/base/file.h"
#include "schema/base/sha256.h"
#include "server/core/restoration.h"
#include "server/store/database_files.h"
#include "server/store/integrity.h"
#include "server/store/loader.h"
#include "server/store/open.h"
#include "tests/crash/store_run.h"
#include "tests/server/store/fixture.h"

// Bits that flip and files that are cut, at random places, while spind does not run. What each may lead to:
//
//   a bit of the database    the start refuses it; or the doctor finds it, as where an index and its table
//   differ; or
//                            it lies in a value that nothing else repeats, and then that one value is
//                            another: SQLite keeps no checksums of pages, a backup is what there is against
//                            it. No row is gone.
//   a bit of the log         every frame has a checksum: what was committed before the damaged frame is
//   there, whole;
//                            what came after it is gone, as if the power had been cut.
//   a database that is cut   the start refuses it, or all that is missing stands in the log.
//   a log that is cut        as a bit of the log.
//   a bit of an artifact     the worker that fetches it compares the hash and refuses it (data_loss); the
//   doctor finds
//                            it when it reads everything.

namespace spin {
namespace {

/// At their end the log holds what the database does not. Of one that has just been copied whole, SQLite
/// would put the frames before a damaged one over what is newer.
constexpr std::size_t kDamageTransactions = 91;
constexpr int kDamages = 150;
constexpr int kBits = 300;  ///< of the database: of few of its pages the doctor sees what the start does not

std::string bytes_of(const std::filesystem::path& path) {
  return value_of(read_file(path, std::size_t{1} << 30U));
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
}

struct Damaged {
  bool refused = false;
  bool found = false;             ///< by what the doctor asks
  std::vector<std::string> rows;  ///< of a database that was opened and whose rows can be read
};

/// What the next start makes of a database and its log.
Damaged start(const std::string& database, const std::string& log) {
  const MemoryFolder folder;
  write_file(folder.database(), database);
  if (!log.empty()) write_file(beside(folder.database(), "-wal"), log);
  Damaged result;
  auto opened = open_database(folder.database());
  if (!opened.ok()) {
    EXPECT_NE(opened.error().message.find("spin.db"), std::string::npos) << opened.error().message;
    result.refused = true;
    return result;
  }
  opened->connection.never_checkpoint();
  core::Restoration restoration({}, opened->boot_epoch);
  const auto check = [&] { return quick_check(opened->connection); };
  const Status loaded = load_state(opened->connection, restoration, check);
  const Status sound = check();
  if (!sound.ok() || !loaded.ok()) {
    const auto& error = sound.ok() ? loaded.error() : sound.error();
    EXPECT_NE(error.message.find("spin.db"), std::string::npos) << error.message;
    result.refused = true;
    return result;
  }
  result.found = !value_of(find_damage(opened->connection)).empty();
  const auto rows = all_rows(opened->connection);
  if (rows.ok()) {
    result.rows = *rows;
  } else {
    EXPECT_TRUE(result.found) << rows.error().message;
  }
  return result;
}

class DamageTest : public ::testing::TestWithParam<unsigned> {
 protected:
  DamageTest() : random_(GetParam()) {
    const MemoryFolder folder;
    states_ = states_of_run(folder.database(), GetParam(), kDamageTransactions, [&] {
      live_ = bytes_of(folder.database());
      log_ = bytes_of(beside(folder.database(), "-wal"));
    });
    closed_ = bytes_of(folder.database());
    rows_ = start(closed_, "").rows;
  }

  std::size_t pick(std::size_t below) { return random_() % below; }
  std::string flipped(std::string bytes) {
    auto& byte = bytes[pick(bytes.size())];
    byte = static_cast<char>(byte ^ (1 << pick(8)));
    return bytes;
  }
  std::string cut(const std::string& bytes) { return bytes.substr(0, pick(bytes.size())); }
  static std::string hash_of(const std::vector<std::string>& rows) {
    Sha256 hash;
    for (const auto& row : rows) hash.update(row + "\n");
    return to_hex(hash.finish());
  }
  /// Rows that one database has and the other has not.
  [[nodiscard]] std::size_t rows_missing(const std::vector<std::string>& found) const {
    const std::multiset<std::string> before(rows_.begin(), rows_.end()), after(found.begin(), found.end());
    std::vector<std::string> missing;
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                        std::back_inserter(missing));
    return missing.size();
  }
  [[nodiscard]] bool is_a_state(const std::vector<std::string>& rows) const {
    return std::find(states_.begin(), states_.end(), hash_of(rows)) != states_.end();
  }

  std::mt19937 random_;
  std::vector<std::string> states_, rows_;
  std::string live_, log_;  ///< while the store runs
  std::string closed_;      ///< after it was closed; there is no log
};

TEST_P(DamageTest, ABitOfTheDatabaseIsRefusedOrFoundOrChangesOneValue) {
  int refused = 0, found = 0;
  for (int i = 0; i < kBits; ++i) {
    const auto result = start(flipped(closed_), "");
    refused += result.refused ? 1 : 0;
    found += result.found ? 1 : 0;
    if (result.refused || result.found) continue;
    EXPECT_EQ(result.rows.size(), rows_.size());
    EXPECT_LE(rows_missing(result.rows), 1U);
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(found, 0);
}

TEST_P(DamageTest, ABitOfTheLogGivesAWholeStateOfBefore) {
  for (int i = 0; i < kDamages; ++i) {
    const auto result = start(live_, flipped(log_));
    if (!result.refused) {
      EXPECT_FALSE(result.found);
      EXPECT_TRUE(is_a_state(result.rows));
    }
  }
}

TEST_P(DamageTest, ACutDatabaseIsRefusedOrItsLogHasWhatIsMissing) {
  for (int i = 0; i < kDamages / 3; ++i) {
    EXPECT_TRUE(start(cut(closed_), "").refused);
    const auto result = start(cut(live_), log_);
    EXPECT_TRUE(result.refused || hash_of(result.rows) == states_.back());
  }
}

TEST_P(DamageTest, ACutLogGivesAWholeStateOfBefore) {
  for (int i = 0; i < kDamages / 3; ++i) {
    const auto result = start(live_, cut(log_));
    if (!result.refused) {
      EXPECT_FALSE(result.found);
      EXPECT_TRUE(is_a_state(result.rows));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, DamageTest, ::testing::Range(1U, 1U + crash_seeds()));

}  // namespace
}  // namespace spin
