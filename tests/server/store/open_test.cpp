#include "server/store/open.h"

#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "schema/base/file.h"
#include "server/store/database_files.h"
#include "tests/server/store/fixture.h"
#include "tests/support/no_descriptors.h"

namespace spin {
namespace {

class OpenTest : public StoreTest {};

TEST_F(OpenTest, TheBootEpochGrowsWithEveryStart) {
  const auto first = reopen().boot_epoch;
  const auto second = reopen().boot_epoch;
  EXPECT_GT(second, first);
  EXPECT_GT(reopen().boot_epoch, second);
}

TEST_F(OpenTest, TheBootEpochOfADatabaseMadeAnewIsNotThatOfTheOneBefore) {
  // What an older database issued last, without waiting for the clock.
  const auto before = static_cast<std::int64_t>(std::time(nullptr));
  EXPECT_GE(reopen().boot_epoch, before);
}

TEST_F(OpenTest, TheBootEpochGrowsThoughTheClockWasSetBack) {
  const std::int64_t ahead = 99'000'000'000;
  store_.reset();
  {
    auto database = value_of(Database::open(path(), Database::Mode::read_write));
    ASSERT_TRUE(database.run("UPDATE meta SET value = " + std::to_string(ahead)).ok());
  }
  EXPECT_EQ(reopen().boot_epoch, ahead + 1);
  EXPECT_EQ(reopen().boot_epoch, ahead + 2);
}

TEST_F(OpenTest, EveryConnectionWaitsForTheLockOfAnother) {
  for (const auto mode : {Database::Mode::read_write, Database::Mode::read_only}) {
    auto database = value_of(Database::open(path(), mode));
    EXPECT_EQ(value_of(database.integer("PRAGMA busy_timeout")), kBusyMs);
  }
}

TEST_F(OpenTest, WithoutDescriptorsItIsRefusedForNowWithTheReason) {
  std::vector<Error> refused;
  {
    const NoDescriptors none;
    refused.push_back(Reader::open(path()).error());
    refused.push_back(read_header(path()).error());
  }
  for (const Error& error : refused) {
    EXPECT_EQ(error.code, ErrorCode::resource_exhausted) << error.message;
    EXPECT_NE(error.message.find("Too many open files"), std::string::npos) << error.message;
  }
  EXPECT_TRUE(Reader::open(path()).ok());
}

TEST_F(OpenTest, ASecondStoreOnTheSameDatabaseIsRefusedWithThePid) {
  std::filesystem::create_symlink(path(), folder_ / "link.db");
  for (const auto& name : {path(), folder_ / "link.db"}) {
    const auto second = Store::open(name, [](const Error&) {});
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, ErrorCode::already_exists);
    EXPECT_NE(second.error().message.find("is in use by spind pid " + std::to_string(::getpid())),
              std::string::npos)
        << second.error().message;
  }
  store_.reset();
  EXPECT_TRUE(Store::open(path(), [](const Error&) {}).ok()) << "the lock goes with the store";
}

TEST_F(OpenTest, OnlyTheOwnerMayReadTheFiles) {
  commit(*store_, {insert_all(SweepId{1}, make_plan("s", 1, 1), 1)});
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    struct ::stat file {};
    ASSERT_EQ(::stat(entry.path().c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0077U, 0U) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 3);  // database, log, lock
  store_.reset();
  ASSERT_EQ(::chmod(path().c_str(), 0644), 0);
  reopen();
  struct ::stat file {};
  ASSERT_EQ(::stat(path().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
}

TEST_F(OpenTest, TheLogOfWritesIsReusedWhileTheStoreRuns) {
  commit(*store_, {insert_all(SweepId{1}, make_plan("s", 1, 1), 1)});
  const std::string line(100'000, 'x');
  for (int i = 0; i < 400; ++i) commit(*store_, {core::AppendLog{{1}, {line}}});
  // 40 MB went through the log; it is copied away at 8 MiB and begun again.
  EXPECT_LT(std::filesystem::file_size(folder_ / "spin.db-wal"), 12U << 20U);
  EXPECT_GT(std::filesystem::file_size(path()), 30U << 20U);
}

}  // namespace
}  // namespace spin
