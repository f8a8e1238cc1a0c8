#include "client/commands/private_folder.h"

#include <cstdlib>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/client/commands/spinctl.h"

namespace spin::cli {
namespace {

namespace fs = std::filesystem;

class PrivateFolderTest : public ::testing::Test {
 protected:
  PrivateFolderTest() { ::setenv("TMPDIR", base.path().c_str(), 1); }
  ~PrivateFolderTest() override { ::unsetenv("TMPDIR"); }

  /// A folder as a killed process leaves it.
  fs::path abandon(const std::string& name, mode_t mode = 0700) {
    const auto path = base / name;
    fs::create_directories(path / "spin.db.worker/attempts");
    write_file(path / "lock", "17");
    write_file(path / "spin.db.worker/attempts/1.log", "epoch 1\n");
    ::chmod(path.c_str(), mode);
    return path;
  }

  /// In one of the test's own places, or with why it is not.
  Result<PrivateFolder> make(std::uint64_t needed_bytes = 0) {
    return PrivateFolder::make(needed_bytes, [this](const std::string& text) { warnings += text; });
  }

  TempFolder base;
  std::string warnings;
};

TEST_F(PrivateFolderTest, IsForItsUserAloneAndGoesWithTheObject) {
  fs::path path;
  {
    const auto folder = make();
    ASSERT_TRUE(folder.ok()) << folder.error().message;
    path = folder->path();
    EXPECT_EQ(path.parent_path(), base.path());
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    EXPECT_FALSE(lock_file(path / "lock").ok()) << "others see that its owner lives";
  }
  EXPECT_TRUE(fs::is_empty(base.path()));
}

TEST_F(PrivateFolderTest, RemovesWhatAKilledOwnerLeft) {
  const auto whole = abandon("spin-run.aB3xY9");
  const auto half_removed = abandon("spin-run.000000");
  fs::remove(half_removed / "lock");
  const auto folder = make();
  ASSERT_TRUE(folder.ok()) << folder.error().message;
  EXPECT_FALSE(fs::exists(whole));
  EXPECT_FALSE(fs::exists(half_removed));
  EXPECT_TRUE(fs::is_directory(folder->path()));
}

TEST_F(PrivateFolderTest, LeavesWhatIsLockedOrNotItsOwn) {
  const auto locked = abandon("spin-run.locked");
  const auto lock = lock_file(locked / "lock");
  ASSERT_TRUE(lock.ok());
  const auto other_name = abandon("spin-run.my-results");
  const auto open_to_all = abandon("spin-run.shared", 0777);
  const auto target = abandon("elsewhere");
  fs::create_directory_symlink(target, base / "spin-run.linked");
  write_file(base / "spin-run.a_file", "");
  const auto of_other = abandon("spin-run.others");
  // Only root can give a folder away; for others the remaining cases stand.
  const bool is_given_away = ::geteuid() == 0 && ::chown(of_other.c_str(), 65534, 65534) == 0;

  const auto folder = make();
  ASSERT_TRUE(folder.ok()) << folder.error().message;
  for (const auto& path : {locked, other_name, open_to_all, target})
    EXPECT_TRUE(fs::exists(path / "spin.db.worker/attempts/1.log")) << path;
  EXPECT_TRUE(fs::is_symlink(base / "spin-run.linked"));
  EXPECT_TRUE(fs::exists(base / "spin-run.a_file"));
  EXPECT_EQ(fs::exists(of_other / "lock"), is_given_away);
}

TEST_F(PrivateFolderTest, OwnersAtTheSameTimeLeaveEachOtherAlone) {
  const auto first = make();
  const auto second = make();
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(first->path(), second->path());
  EXPECT_TRUE(fs::is_directory(first->path()));
  EXPECT_TRUE(fs::is_directory(second->path()));
}

TEST_F(PrivateFolderTest, IsElsewhereWhereTheVariablesPlaceWillNotDo) {
  const std::string too_long = base / std::string(120, 'x');
  fs::create_directory(too_long);
  const auto file = write_file(base / "a_file", "");
  for (const std::string& place :
       {std::string("/nonexistent"), std::string("/proc"), std::string("relative"), file, too_long}) {
    warnings.clear();
    ::setenv("TMPDIR", place.c_str(), 1);
    const auto folder = make();
    ASSERT_TRUE(folder.ok()) << folder.error().message;
    EXPECT_NE(folder->path().parent_path(), place);
    EXPECT_TRUE(fs::exists(folder->path() / "lock"));
    EXPECT_NE(warnings.find("instead of TMPDIR=" + place + " ("), std::string::npos) << warnings;
  }
  EXPECT_TRUE(fs::is_empty(too_long));
}

TEST_F(PrivateFolderTest, NamesEveryPlaceWithoutRoomAndLeavesNothing) {
  const auto folder = make(std::uint64_t{1} << 62);
  ASSERT_FALSE(folder.ok());
  EXPECT_NE(folder.error().message.find("TMPDIR=" + base.path().string() + " ("), std::string::npos);
  EXPECT_NE(folder.error().message.find("/tmp ("), std::string::npos) << folder.error().message;
  EXPECT_NE(folder.error().message.find("are needed"), std::string::npos) << folder.error().message;
  EXPECT_TRUE(fs::is_empty(base.path()));
}

TEST_F(PrivateFolderTest, IsKnownByTheAddressOfItsSocket) {
  const auto folder = make();
  ASSERT_TRUE(folder.ok());
  EXPECT_TRUE(PrivateFolder::is_private("unix:" + folder->socket().string()));
  EXPECT_FALSE(PrivateFolder::is_private("unix:/run/user/7/spin/spind.sock"));
  EXPECT_FALSE(PrivateFolder::is_private("127.0.0.1:7443"));
}

}  // namespace
}  // namespace spin::cli
