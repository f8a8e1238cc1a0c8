#include "schema/base/database_lock.h"

#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temp_folder.h"

namespace spin {
namespace {

TEST(DatabaseLock, IsHeldByNobodyUntilItIsTaken) {
  const TempFolder folder;
  const auto database = folder / "x.db";
  EXPECT_FALSE(who_holds_database(database));
  { const auto lock = lock_file(lock_of_database(database)); }
  EXPECT_FALSE(who_holds_database(database)) << "the file alone is no lock";
}

TEST(DatabaseLock, SaysWhoHoldsItAndWhereHeServes) {
  const TempFolder folder;
  const auto database = folder / "x.db";
  const auto lock = lock_file(lock_of_database(database));
  ASSERT_TRUE(lock.ok());
  auto holder = who_holds_database(database);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->pid, ::getpid());
  EXPECT_TRUE(holder->addresses.empty());
  EXPECT_EQ(to_text(*holder), "spind pid " + std::to_string(::getpid()));

  ASSERT_TRUE(
      record_addresses(database, {"unix:/run/a b#\n%41/\303\251.sock", "unix:s.sock", "[::1]:7443"}).ok());
  holder = who_holds_database(database);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->pid, ::getpid());
  const std::vector<std::string> expected{"unix:/run/a b#\n%41/\303\251.sock",
                                          "unix:" + std::filesystem::absolute("s.sock").string(),
                                          "[::1]:7443"};
  EXPECT_EQ(holder->addresses, expected);

  ASSERT_TRUE(record_addresses(database, {"unix:/run/s.sock"}).ok());
  holder = who_holds_database(database);
  ASSERT_TRUE(holder);
  EXPECT_EQ(to_text(*holder),
            "spind pid " + std::to_string(::getpid()) + ", which listens at unix:/run/s.sock");
  EXPECT_NE(
      lock_file(lock_of_database(database)).error().message.find("process " + std::to_string(::getpid())),
      std::string::npos);
}

TEST(DatabaseLock, IsFoundThroughALink) {
  const TempFolder folder;
  std::ofstream(folder / "x.db") << "";
  std::filesystem::create_symlink(folder / "x.db", folder / "link.db");
  const auto lock = lock_file(lock_of_database(folder / "x.db"));
  EXPECT_TRUE(who_holds_database(folder / "link.db"));
}

TEST(DatabaseLock, WhoReadsIsNoHolder) {
  const TempFolder folder;
  { const auto lock = lock_file(lock_of_database(folder / "x.db")); }
  const FileDescriptor reader(::open(lock_of_database(folder / "x.db").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(reader.get(), LOCK_SH), 0);
  EXPECT_FALSE(who_holds_database(folder / "x.db"));
}

}  // namespace
}  // namespace spin
