#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "schema/base/file.h"
#include "schema/base/version.h"
#include "schema/sql/tables.h"
#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

// Databases that are not what they should be: refused with a reason, or whole; never taken for something
// else.

namespace spin {
namespace {

namespace fs = std::filesystem;

void write_file(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::string bytes_of(const fs::path& path) { return value_of(read_file(path, std::size_t{1} << 30U)); }

Error refusal(const fs::path& path) {
  auto store = Store::open(path, [](const Error&) {});
  StoredState state;
  const Status status = store.ok() ? (*store)->load(state) : Status(store.error());
  if (status.ok()) {
    ADD_FAILURE() << path << " was opened";
    return {};
  }
  EXPECT_NE(status.error().message.find(path.string()), std::string::npos) << status.error().message;
  return status.error();
}

/// A closed database with something in it.
void fill(const fs::path& path) {
  auto store = open_store(path);
  commit(*store, {insert_all(SweepId{1}, make_plan("study", 10, 5), 1)});
  for (int i = 1; i <= 50; ++i) {
    commit(*store, {core::AppendLog{{i}, {std::string(500, 'x')}}, set_state(i, JobState::failed, "no")});
  }
  store->close();
}

TEST(StoreDamage, OtherFilesAreRefusedAndLeftAlone) {
  const TempFolder folder;
  const auto path = folder / "spin.db";
  const std::vector<std::string> contents = {"just some text", std::string(100'000, 'x'),
                                             std::string(9000, '\0')};
  for (const auto& content : contents) {
    write_file(path, content);
    const auto error = refusal(path);
    EXPECT_EQ(error.code, ErrorCode::data_loss) << error.message;
    EXPECT_NE(error.message.find("not a database"), std::string::npos) << error.message;
    EXPECT_EQ(bytes_of(path), content);
  }
}

TEST(StoreDamage, DatabasesOfOtherProgramsAreRefusedAndLeftAlone) {
  const TempFolder folder;
  const auto path = folder / "other.db";
  run_sql(path, "CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')");
  const auto before = bytes_of(path);
  const auto error = refusal(path);
  EXPECT_EQ(error.code, ErrorCode::data_loss);
  EXPECT_NE(error.message.find("another program"), std::string::npos) << error.message;
  EXPECT_EQ(bytes_of(path), before);
}

TEST(StoreDamage, ANewerVersionIsRefusedWithTheVersionThatIsNeeded) {
  const TempFolder folder;
  const auto path = folder / "spin.db";
  fill(path);
  const auto newer = std::to_string(migrations().size() + 3);
  run_sql(path, "PRAGMA user_version = " + newer + "; UPDATE meta SET value = '7.8.9' WHERE key = 'version'");
  const auto error = refusal(path);
  EXPECT_EQ(error.code, ErrorCode::failed_precondition);
  EXPECT_NE(error.message.find("schema version " + newer), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("7.8.9"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find(std::string(kVersion)), std::string::npos) << error.message;
}

TEST(StoreDamage, AnOlderVersionIsMigrated) {
  const TempFolder folder;
  const auto path = folder / "spin.db";
  run_sql(path, std::string(migrations()[0].sql) + "; PRAGMA user_version = 1");
  auto store = open_store(path);
  commit(*store, {insert_all(SweepId{1}, make_plan("s", 2, 1), 1)});
  EXPECT_EQ(results_of(*value_of(Reader::open(path)), SweepId{1}).size(), 2U) << "the views are there";
}

TEST(StoreDamage, TablesOfBeforeTheFirstReleaseAreRefusedInOneSentence) {
  const TempFolder folder;
  const auto path = folder / "spin.db";
  fill(path);
  const auto expect_refused = [&] {
    const auto error = refusal(path);
    EXPECT_EQ(error.code, ErrorCode::failed_precondition);
    EXPECT_NE(error.message.find("before the first release"), std::string::npos) << error.message;
  };
  run_sql(path, "DROP VIEW sweep_job; CREATE TABLE sweep_job (name TEXT)");
  expect_refused();
  run_sql(path, "PRAGMA application_id = 0x5350494e; PRAGMA user_version = 10");
  expect_refused();
}

TEST(StoreDamage, AnEmptyFileIsNotTakenForANewDatabase) {
  const TempFolder folder;
  write_file(folder / "spin.db", "");
  EXPECT_EQ(refusal(folder / "spin.db").code, ErrorCode::data_loss);
}

TEST(StoreDamage, AMissingDatabaseBesideItsLogIsNotMadeAnew) {
  const TempFolder folder;
  write_file(folder / "spin.db-wal", "frames");
  EXPECT_EQ(refusal(folder / "spin.db").code, ErrorCode::data_loss);
  EXPECT_FALSE(fs::exists(folder / "spin.db"));
}

TEST(StoreDamage, AFolderThatIsNotThereAndAFolderInPlaceOfTheFile) {
  const TempFolder folder;
  EXPECT_EQ(refusal(fs::path(folder / "nowhere") / "spin.db").code, ErrorCode::not_found);
  fs::create_directory(folder / "spin.db");
  EXPECT_EQ(refusal(folder / "spin.db").code, ErrorCode::invalid_argument);
}

TEST(StoreDamage, ALeftOverOfACreationThatWasCutDoesNotHinder) {
  const TempFolder folder;
  write_file(folder / "spin.db.new", "half a database");
  const auto store = open_store(folder / "spin.db");
  EXPECT_TRUE(load(*store).jobs.empty());
  EXPECT_FALSE(fs::exists(folder / "spin.db.new"));
}

TEST(StoreDamage, ACutDatabaseIsRefusedWhereverItIsCut) {
  const TempFolder folder;
  fill(folder / "whole.db");
  const auto whole = bytes_of(folder / "whole.db");
  std::vector<std::size_t> cuts = {
      1, 15, 16, 50, 99, 100, 101, 511, 512, 1024, whole.size() - 1, whole.size() - 100};
  for (std::size_t page = 4096; page < whole.size(); page += 4096) {
    cuts.insert(cuts.end(), {page - 1, page, page + 1, page + 2000});
  }
  for (const auto cut : cuts) {
    const auto path = folder / "cut.db";
    write_file(path, whole.substr(0, cut));
    const auto error = refusal(path);
    EXPECT_EQ(error.code, ErrorCode::data_loss) << "cut at " << cut << ": " << error.message;
    const bool may_be_of_others = cut < 4096;  // too little is left to know it for ours
    EXPECT_TRUE(may_be_of_others || error.message.find("-wal and -shm") != std::string::npos)
        << "cut at " << cut << ": " << error.message;
  }
}

/// A database and its log as a crash leaves them, after a commit that made the database larger and was copied
/// into it.
struct Crashed {
  std::string database, log;
  std::size_t size_before = 0;
};

Crashed crash(const fs::path& path) {
  fill(path);
  auto store = value_of(Store::open(
      path, [](const Error& error) { ADD_FAILURE() << error.message; }, 1));
  commit(*store, {attach("worker")});
  commit(*store, {});  // returns when the log is copied
  const auto size_before = fs::file_size(path);
  commit(*store, {core::AppendLog{{7}, std::vector<std::string>(400, std::string(500, 'y'))}});
  commit(*store, {});
  return {bytes_of(path), bytes_of(path.string() + "-wal"), size_before};
}

TEST(StoreDamage, ACutDatabaseBesideItsLogIsOpenedWhereTheLogHoldsWhatIsMissing) {
  const TempFolder folder;
  const auto [whole, log, size_before] = crash(folder / "whole.db");
  ASSERT_GT(whole.size(), size_before + 20 * 4096);
  const auto path = folder / "cut.db";
  std::size_t refused = 0;
  for (std::size_t page = 4096; page <= whole.size(); page += 4096) {
    for (const auto cut : {page - 4095, page - 1, page}) {
      write_file(path, whole.substr(0, cut));
      write_file(path.string() + "-wal", log);
      auto store = Store::open(path, [](const Error&) {});
      if (!store.ok()) {
        ++refused;
        EXPECT_EQ(store.error().code, ErrorCode::data_loss) << store.error().message;
        EXPECT_NE(store.error().message.find("neither in it nor in its write-ahead log"), std::string::npos)
            << store.error().message;
        EXPECT_LT(cut, size_before) << "a loss of power while the log is copied leaves this";
        continue;
      }
      const auto state = load(**store);
      EXPECT_EQ(std::ranges::count(state.jobs, std::string("no"), &core::StoredJob::reason), 50);
      const auto reader = value_of(Reader::open(path));
      for (int job = 1; job <= 50; ++job) {
        EXPECT_EQ(value_of(reader->log({job}, 0, 1000)).size(), job == 7 ? 401U : 1U) << "cut at " << cut;
      }
    }
  }
  EXPECT_GT(refused, size_before / 4096) << "the log holds almost all of the database";
}

TEST(StoreDamage, APageOfGarbageIsFound) {
  const TempFolder folder;
  fill(folder / "whole.db");
  const auto whole = bytes_of(folder / "whole.db");
  for (std::size_t page = 4096; page < whole.size(); page += 4096) {
    auto broken = whole;
    broken.replace(page, 4096, std::string(4096, '\x5a'));
    write_file(folder / "broken.db", broken);
    const auto error = refusal(folder / "broken.db");
    EXPECT_EQ(error.code, ErrorCode::data_loss) << "page at " << page << ": " << error.message;
  }
}

}  // namespace
}  // namespace spin
