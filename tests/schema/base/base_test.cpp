#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "schema/base/file.h"
#include "schema/base/ids.h"
#include "schema/base/machine.h"
#include "schema/base/portable_sha256.h"
#include "schema/base/sha256.h"
#include "schema/base/text.h"
#include "tests/support/temp_folder.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

TEST(Sha256, MatchesThePublishedVectors) {
  // FIPS 180-2, appendix B.
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

// Evaluated by the compiler, which refuses an overflow of signed numbers.
constexpr std::int64_t kLargest = INT64_MAX;
constexpr std::size_t kHashOfLargest = std::hash<AttemptToken>{}({kLargest, kLargest});
constexpr std::size_t kHashOfSmallest = std::hash<AttemptToken>{}({-kLargest, -kLargest});

TEST(AttemptToken, AnyHasAHash) { EXPECT_NE(kHashOfLargest, kHashOfSmallest); }

TEST(Text, IsCutBetweenCharactersAndShowsIt) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdefg", 6), "abc...");
  EXPECT_EQ(shortened("ab\xC3\xBC\xC3\xBC", 6), "ab\xC3\xBC\xC3\xBC");
  EXPECT_EQ(shortened("ab\xC3\xBCxyz", 6), "ab...") << "no half of a character";
}

TEST(Sha256, TheOneWithoutOpenSslIsTheSame) {
  std::string bytes;
  for (int length = 0; length < 300; ++length) {
    EXPECT_EQ(portable_sha256(bytes), sha256(bytes)) << length;
    bytes += static_cast<char>(length * 37);
  }
  const std::string large(1'000'003, 'x');
  EXPECT_EQ(portable_sha256(large), sha256(large));
}

TEST(RegularFile, NothingElseIsOpenedNorWaitedFor) {
  const TempFolder folder;
  ASSERT_EQ(mkfifo((folder / "fifo.jpg").c_str(), 0600), 0);
  fs::create_symlink(folder / "fifo.jpg", folder / "link.jpg");
  fs::create_directory(folder / "folder.jpg");
  for (const auto& [path, kind] : {std::pair<fs::path, std::string>{folder / "fifo.jpg", "a FIFO"},
                                   {folder / "link.jpg", "a FIFO"},
                                   {folder / "folder.jpg", "a folder"},
                                   {"/dev/zero", "a device"}}) {
    const auto bytes = read_file(path, 10);
    ASSERT_FALSE(bytes.ok()) << path;
    EXPECT_EQ(bytes.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(bytes.error().message, path.string() + ": " + kind + ", where a regular file was expected");
  }
  ASSERT_TRUE(write_file_durably(folder / "picture.jpg", "x").ok());
  fs::create_symlink(folder / "picture.jpg", folder / "good.jpg");
  EXPECT_EQ(read_file(folder / "good.jpg", 10).value(), "x");
  EXPECT_EQ(read_file(folder / "none.jpg", 10).error().code, ErrorCode::not_found);
}

TEST(Sha256, FileEqualsItsBytesInAnyNumberOfPieces) {
  const TempFolder folder;
  const std::string bytes(1'000'003, 'x');
  ASSERT_TRUE(write_file_durably(folder / "f", bytes).ok());
  Sha256 pieces;
  for (std::size_t at = 0; at < bytes.size(); at += 997)
    pieces.update(std::string_view(bytes).substr(at, 997));
  EXPECT_EQ(sha256_file(folder / "f").value(), sha256(bytes));
  EXPECT_EQ(pieces.finish(), sha256(bytes));
  EXPECT_EQ(sha256_file(folder / "none").error().code, ErrorCode::not_found);
}

TEST(Sha256, BeginsAnewAfterItsEndAndGoesOnFromAnother) {
  Sha256 first, second;
  first.update("one text");
  EXPECT_EQ(first.finish(), sha256("one text"));
  first.update("another");
  second.update("what it forgets");
  for (const std::string_view end : {"", " text", " word"}) {
    second.go_on_from(first);
    second.update(end);
    EXPECT_EQ(second.finish(), sha256("another" + std::string(end)));
  }
  EXPECT_EQ(first.finish(), sha256("another"));
}

TEST(Digest, HexGoesBothWaysAndRefusesWhatIsNotAHash) {
  const Digest digest = sha256("spin");
  EXPECT_EQ(digest_from_hex(to_hex(digest)).value(), digest);
  EXPECT_FALSE(digest_from_hex("abc").ok());
  EXPECT_FALSE(digest_from_hex(std::string(63, 'a') + "g").ok());
}

TEST(WriteFileDurably, ReplacesAndLeavesNoTemporary) {
  const TempFolder folder;
  ASSERT_TRUE(write_file_durably(folder / "f", "one").ok());
  ASSERT_TRUE(write_file_durably(folder / "f", "two").ok());
  EXPECT_EQ(read_file(folder / "f", 100).value(), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(WriteFileDurably, KeepsTheOldFileWhereTheNewOneDoesNotFit) {
  const TempFolder folder;
  ASSERT_TRUE(write_file_durably(folder / "f", "old").ok());
  const pid_t child = ::fork();
  if (child == 0) {
    // The limit stands for a full disk: it works for root too and needs no mount.
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto status = write_file_durably(folder / "f", std::string(5000, 'n'));
    ::_exit(!status.ok() && status.error().code == ErrorCode::resource_exhausted ? 0 : 1);
  }
  int exit_status = 0;
  ASSERT_EQ(::waitpid(child, &exit_status, 0), child);
  EXPECT_EQ(exit_status, 0);
  EXPECT_EQ(read_file(folder / "f", 100).value(), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(ReadFile, RefusesWhatIsLargerThanTheLimitAndWhatIsNotThere) {
  const TempFolder folder;
  ASSERT_TRUE(write_file_durably(folder / "f", std::string(101, 'x')).ok());
  EXPECT_EQ(read_file(folder / "f", 100).error().code, ErrorCode::resource_exhausted);
  EXPECT_EQ(read_file(folder / "g", 100).error().code, ErrorCode::not_found);
}

TEST(LockFile, IsHeldOnceAndDiesWithItsHolder) {
  const TempFolder folder;
  auto first = lock_file(folder / "lock");
  ASSERT_TRUE(first.ok());
  const auto second = lock_file(folder / "lock");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::already_exists);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos);
  first.value().reset();
  EXPECT_TRUE(lock_file(folder / "lock").ok());
}

TEST(LockFile, IsThatOfThePathThoughItsHoldersRemoveIt) {
  const TempFolder folder;
  const auto path = folder / "lock";
  std::atomic<int> taken = 0;
  const auto take_and_remove = [&] {
    for (int i = 0; i < 5000; ++i) {
      const auto lock = lock_file(path);
      if (!lock.ok()) continue;
      ++taken;
      struct ::stat locked {
      }, found{};
      EXPECT_EQ(::fstat(lock->get(), &locked), 0);
      EXPECT_EQ(::stat(path.c_str(), &found), 0) << "nobody but its holder removes it";
      EXPECT_EQ(locked.st_ino, found.st_ino);
      ::unlink(path.c_str());
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(take_and_remove);
  for (auto& thread : threads) thread.join();
  EXPECT_GT(taken, 0);
}

TEST(Machine, HasAtMostTheMemoryThatIsBuiltIn) {
  EXPECT_GT(machine_memory(), std::int64_t{64} << 20);
  EXPECT_LE(machine_memory(), std::int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGESIZE));
}

}  // namespace
}  // namespace spin
