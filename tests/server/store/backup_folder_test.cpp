#include "server/store/backup_folder.h"

#include <fstream>
#include <limits>
#include <set>

#include <sys/stat.h>

#include "schema/base/file.h"
#include "server/store/backup.h"
#include "tests/server/store/fixture.h"

// What peers may have written to the coordinator's host.

namespace spin {
namespace {

namespace fs = std::filesystem;

class BackupFolderTest : public StoreTest {
 protected:
  [[nodiscard]] fs::path backups() const { return folder_ / "spin.db.backups"; }
  [[nodiscard]] Result<fs::path> path_of(const std::string& name, bool replace = false) const {
    return path_of_backup(backups(), name, replace, 1'770'000'000'000);
  }
  [[nodiscard]] ErrorCode refusal(const std::string& name, bool replace = false) const {
    const auto path = path_of(name, replace);
    EXPECT_FALSE(path.ok()) << name;
    return path.ok() ? ErrorCode::internal : path.error().code;
  }
  void back_up(const fs::path& target) const {
    value_of(back_up_database(path(), target, {.replace = true}, nullptr));
  }
};

TEST_F(BackupFolderTest, IsMadeForItsOwnerOnlyWithTheFirstBackup) {
  EXPECT_FALSE(fs::exists(backups()));
  EXPECT_EQ(value_of(path_of("monday.db")), backups() / "monday.db");
  struct ::stat folder {};
  ASSERT_EQ(::stat(backups().c_str(), &folder), 0);
  EXPECT_EQ(folder.st_mode & 0777U, 0700U);
}

TEST_F(BackupFolderTest, TakesPlainNamesOnly) {
  for (const auto* name :
       {"/etc/passwd", "../spin.db", "a/b", "..", ".", ".hidden", "a..b", "two words", "tab\t", "line\n",
        "monday.db-wal", "monday.db.lock", "monday.db.partial", "-rf"}) {
    EXPECT_EQ(refusal(name), ErrorCode::invalid_argument) << name;
    EXPECT_EQ(refusal(name, true), ErrorCode::invalid_argument) << name;
  }
  EXPECT_EQ(refusal(std::string(300, 'x')), ErrorCode::invalid_argument);
  EXPECT_EQ(refusal(std::string("a\0b", 3)), ErrorCode::invalid_argument);
  EXPECT_NE(path_of("../x").error().message.find("a plain file name is accepted"), std::string::npos);
  EXPECT_NE(path_of("../x").error().message.find(backups().string()), std::string::npos);
}

TEST_F(BackupFolderTest, NamesWithoutANameByTheTimeAndNeverTwice) {
  const auto first = value_of(path_of(""));
  EXPECT_EQ(first.filename(), "spin-20260202-024000.db");
  back_up(first);
  EXPECT_EQ(value_of(path_of("")).filename(), "spin-20260202-024000-2.db");
  EXPECT_EQ(value_of(path_of("", true)).filename(), "spin-20260202-024000-2.db")
      << "there is nothing to replace";
}

TEST_F(BackupFolderTest, ReplacesABackupOfSpinAndNothingElse) {
  back_up(value_of(path_of("monday.db")));
  EXPECT_EQ(refusal("monday.db"), ErrorCode::already_exists);
  EXPECT_TRUE(path_of("monday.db", true).ok());

  std::ofstream(backups() / "notes.txt") << "mine";
  std::ofstream(backups() / "empty");
  fs::create_directory(backups() / "folder");
  fs::create_symlink(backups() / "monday.db", backups() / "link");
  fs::create_symlink(backups() / "nowhere", backups() / "dangling");
  ASSERT_EQ(::mkfifo((backups() / "pipe").c_str(), 0600), 0);
  fs::copy_file(path(), backups() / "served.db");  // as spind leaves it where it does not run: no backup
  for (const auto* name : {"notes.txt", "empty", "folder", "link", "dangling", "pipe", "served.db"}) {
    EXPECT_EQ(refusal(name), ErrorCode::invalid_argument) << name;
    EXPECT_EQ(refusal(name, true), ErrorCode::invalid_argument) << name;
  }
}

TEST_F(BackupFolderTest, IsClearedOfWhatKilledCopiesLeft) {
  value_of(path_of("monday.db"));
  std::ofstream(backups() / ".spin-20260101-000000.db.partial") << "SQLite format 3";
  std::ofstream(backups() / ".monday.db.partial") << "4711";
  for (const auto* name : {"mine.partial", ".mine", ".of-another-program.partial"})
    std::ofstream(backups() / name) << "half";
  const auto running = backups() / ".tuesday.db.partial";
  const auto lock = value_of(lock_file(running));
  value_of(path_of("monday.db"));
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(backups())) left.insert(entry.path().filename().string());
  EXPECT_EQ(left, (std::set<std::string>{"mine.partial", ".mine", ".of-another-program.partial",
                                         ".tuesday.db.partial"}));
}

TEST_F(BackupFolderTest, NoReserveIsSoLargeThatItCountsAsNone) {
  const auto target = value_of(path_of("monday.db"));
  const auto most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(back_up_database(path(), target, {.reserve_bytes = most}, nullptr).error().code,
            ErrorCode::resource_exhausted);
}

TEST_F(BackupFolderTest, TheReserveOfItsDiskStaysFree) {
  const auto target = value_of(path_of("monday.db"));
  const auto capacity = fs::space(backups()).capacity;
  const auto refused = back_up_database(path(), target, {.reserve_bytes = capacity}, nullptr);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
  EXPECT_NE(refused.error().message.find("stay free (--reserve-bytes)"), std::string::npos)
      << refused.error().message;
  EXPECT_TRUE(fs::is_empty(backups())) << "nothing is left of it";
}

}  // namespace
}  // namespace spin
