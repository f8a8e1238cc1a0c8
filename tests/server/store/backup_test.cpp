#include "server/store/backup.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "schema/base/file.h"
#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr CopyOptions kKeep{.replace = false};
constexpr CopyOptions kReplace{.replace = true};

/// Names in the folder, in order.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

bool contains(const Error& error, const std::string& text) {
  return error.message.find(text) != std::string::npos;
}

class BackupTest : public StoreTest {
 protected:
  BackupTest() {
    fs::create_directory(copies());
    commit(*store_, {insert_all(SweepId{1}, make_plan("study", 4, 5), 1)});
  }
  [[nodiscard]] fs::path copies() const { return folder_ / "copies"; }
  [[nodiscard]] fs::path copy() const { return copies() / "spin.backup"; }

  Result<CopySummary> back_up(const CopyOptions& options = kKeep) {
    return back_up_database(path(), copy(), options, nullptr);
  }
  /// Fills the log of job 1 until the database has a few megabytes.
  void grow() {
    for (int i = 0; i < 40; ++i) commit(*store_, {core::AppendLog{{1}, {std::string(100'000, 'x')}}});
  }
};

TEST_F(BackupTest, IsOnePlainFileWithAllThatWasCommitted) {
  const auto summary = value_of(back_up());
  EXPECT_EQ(names_in(copies()), std::vector<std::string>{"spin.backup"});
  EXPECT_EQ(summary.jobs, 20);
  EXPECT_EQ(summary.results, 0);
  EXPECT_EQ(summary.bytes, static_cast<std::int64_t>(fs::file_size(copy())));
  EXPECT_EQ(rows_of(copy(), "PRAGMA journal_mode").at(0), "delete");
  EXPECT_EQ(rows_of(copy(), "PRAGMA integrity_check").at(0), "ok");
  EXPECT_EQ(rows_of(copy(), "PRAGMA user_version").at(0), std::to_string(summary.schema_version));
  struct ::stat file {};
  ASSERT_EQ(::stat(copy().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
}

TEST_F(BackupTest, HoldsAPrefixOfWhatTheWriterCommitsMeanwhile) {
  grow();
  // Between any two steps of the copy the writer commits lines of log one by one.
  std::int64_t committed = 0, before = 0;
  const auto write_on = [&](std::int64_t done, std::int64_t total) {
    EXPECT_LE(done, total);
    for (int i = 0; i < 5; ++i) {
      commit(*store_,
             {core::AppendLog{{2}, {"line " + std::to_string(++committed)}}, set_state(3, JobState::failed)});
    }
    return true;
  };
  for (int i = 0; i < 7; ++i) write_on(0, 0);
  before = committed;
  ASSERT_TRUE(back_up_database(path(), copy(), kKeep, write_on).ok());
  EXPECT_GT(committed, before + 10) << "the copy took one step only";
  const auto lines = rows_of(copy(), "SELECT number, text FROM log_line WHERE job = 2 ORDER BY number");
  ASSERT_GE(static_cast<std::int64_t>(lines.size()), before);
  EXPECT_LT(static_cast<std::int64_t>(lines.size()), committed) << "the writer did not write meanwhile";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i], std::to_string(i + 1) + "|line " + std::to_string(i + 1));
  }
  EXPECT_EQ(value_of(value_of(Reader::open(path()))->log({2}, 0, 10'000)).size(),
            static_cast<std::size_t>(committed));
}

TEST_F(BackupTest, HoldsWhatWaitsInTheLogOnly) {
  ASSERT_GT(fs::file_size(folder_ / "spin.db-wal"), 0U);
  commit(*store_, {core::AppendLog{{1}, {"the newest"}}});
  ASSERT_TRUE(back_up().ok());
  EXPECT_EQ(rows_of(copy(), "SELECT text FROM log_line").at(0), "the newest");
}

TEST_F(BackupTest, LeavesNothingBehindWhereItIsBrokenOff) {
  grow();
  constexpr std::int64_t kPage = 4096;
  for (const std::int64_t limit :
       {kPage, 500 * kPage, 1'000'000 * kPage}) {  // the last: in the check, at the end
    const auto result = back_up_database(path(), copy(), kKeep, [&](std::int64_t done, std::int64_t total) {
      return done < std::min(limit, total);
    });
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::unavailable) << result.error().message;
    EXPECT_EQ(names_in(copies()), std::vector<std::string>());
  }
  EXPECT_TRUE(back_up().ok());
}

TEST_F(BackupTest, WhatACrashLeftIsTakenOver) {
  std::ofstream(copies() / ".spin.backup.partial") << std::string(1'000'000, 'x');
  ASSERT_TRUE(back_up().ok());
  EXPECT_EQ(names_in(copies()), std::vector<std::string>{"spin.backup"});
  EXPECT_EQ(rows_of(copy(), "SELECT count(*) FROM job").at(0), "20");
}

TEST_F(BackupTest, ReplacesOnlyWhenAsked) {
  ASSERT_TRUE(back_up().ok());
  commit(*store_, {insert_all(SweepId{2}, make_plan("more", 1, 1, "salt"), 100)});
  const auto refused = back_up();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::already_exists);
  EXPECT_EQ(rows_of(copy(), "SELECT count(*) FROM job").at(0), "20");
  EXPECT_EQ(value_of(back_up(kReplace)).jobs, 21);
  EXPECT_EQ(rows_of(copy(), "SELECT count(*) FROM job").at(0), "21");
}

TEST_F(BackupTest, TargetsThatCannotBeAreRefused) {
  fs::create_symlink(path(), folder_ / "link");
  fs::create_hard_link(path(), folder_ / "hard");
  for (const auto& name : {"spin.db", "spin.db-wal", "spin.db.lock", "link", "hard"}) {
    const auto refused = back_up_database(path(), folder_ / name, kReplace, nullptr);
    ASSERT_FALSE(refused.ok()) << name;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument) << refused.error().message;
  }
  EXPECT_EQ(back_up_database(path(), copies(), kReplace, nullptr).error().code, ErrorCode::invalid_argument);
  const auto nowhere = back_up_database(path(), folder_.path() / "no" / "b", kKeep, nullptr);
  EXPECT_EQ(nowhere.error().code, ErrorCode::not_found);
  EXPECT_TRUE(contains(nowhere.error(), "there is no folder " + (folder_ / "no").string()))
      << nowhere.error().message;
  const auto other = open_store(copy());
  const auto live = back_up(kReplace);
  EXPECT_EQ(live.error().code, ErrorCode::failed_precondition) << live.error().message;
}

TEST_F(BackupTest, AFullDiskIsNamedWithWhatIsNeeded) {
  grow();
  if (::mount("tmpfs", copies().c_str(), "tmpfs", 0, "size=1m") != 0)
    GTEST_SKIP() << "may not mount a small disk here";
  struct Unmount {
    fs::path path;
    ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
  } const unmount{copies()};
  const auto refused = back_up();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
  EXPECT_TRUE(contains(refused.error(), "bytes needed, ")) << refused.error().message;
  // The disk fills up while the copy is made.
  ASSERT_EQ(::mount(nullptr, copies().c_str(), nullptr, MS_REMOUNT, "size=8m"), 0);
  const auto fill = [&](std::int64_t, std::int64_t) {
    std::ofstream(copies() / "filler", std::ios::binary) << std::string(8'000'000, 'x');
    return true;
  };
  const auto cut = back_up_database(path(), copy(), kKeep, fill);
  ASSERT_FALSE(cut.ok());
  EXPECT_EQ(cut.error().code, ErrorCode::resource_exhausted) << cut.error().message;
  EXPECT_EQ(names_in(copies()), std::vector<std::string>{"filler"});
}

TEST_F(BackupTest, OfADamagedDatabaseIsNotKept) {
  grow();
  store_->close();
  std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(3 * 4096);
  file << std::string(4096, '\x5a');
  file.close();
  const auto refused = back_up();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::data_loss) << refused.error().message;
  EXPECT_TRUE(contains(refused.error(), path().string() + " is damaged")) << refused.error().message;
  EXPECT_EQ(names_in(copies()), std::vector<std::string>());
}

class RestoreTest : public BackupTest {
 protected:
  RestoreTest() { EXPECT_TRUE(back_up().ok()); }
  [[nodiscard]] fs::path target() const { return folder_.path() / "put back" / "spin.db"; }
  static void make_folder(const fs::path& file) { fs::create_directory(file.parent_path()); }
};

TEST_F(RestoreTest, PutsBackWhatTheBackupHolds) {
  make_folder(target());
  const auto report = value_of(restore_database(copy(), target(), kKeep, nullptr));
  EXPECT_EQ(report.restored.jobs, 20);
  EXPECT_TRUE(report.moved_to.empty());
  EXPECT_EQ(names_in(target().parent_path()), (std::vector<std::string>{"spin.db", "spin.db.lock"}));
  const auto before = reopen().boot_epoch;
  const auto store = open_store(target());
  const auto state = load(*store);
  EXPECT_EQ(state.jobs.size(), 20U);
  EXPECT_GE(state.boot_epoch, before)
      << "its tokens would be those of attempts that the backup does not know";
}

TEST_F(RestoreTest, ADatabaseThatIsThereIsKeptBesideWithItsLog) {
  commit(*store_, {insert_all(SweepId{2}, make_plan("later", 1, 1, "salt"), 100)});
  // As a crash leaves it: with a log. A copy, because a store that lives holds its own.
  make_folder(target());
  for (const auto* suffix : {"", "-wal"}) {
    fs::copy_file(fs::path(path()) += suffix, fs::path(target()) += suffix);
  }
  const auto refused = restore_database(copy(), target(), kKeep, nullptr);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::already_exists) << refused.error().message;
  const auto report = value_of(restore_database(copy(), target(), kReplace, nullptr));
  EXPECT_EQ(report.moved_to, fs::path(target()) += ".before-restore-1");
  EXPECT_FALSE(fs::exists(fs::path(target()) += "-wal")) << "a log of another database";
  EXPECT_EQ(rows_of(target(), "SELECT count(*) FROM job").at(0), "20");
  EXPECT_EQ(rows_of(report.moved_to, "SELECT count(*) FROM job").at(0), "21");
  EXPECT_EQ(value_of(restore_database(copy(), target(), kReplace, nullptr)).moved_to,
            fs::path(target()) += ".before-restore-2");
}

TEST_F(RestoreTest, ALogWithoutItsDatabaseIsMovedAwayToo) {
  make_folder(target());
  std::ofstream(fs::path(target()) += "-wal") << "frames";
  EXPECT_EQ(restore_database(copy(), target(), kKeep, nullptr).error().code, ErrorCode::already_exists);
  ASSERT_TRUE(restore_database(copy(), target(), kReplace, nullptr).ok());
  EXPECT_EQ(load(*open_store(target())).jobs.size(), 20U);
}

TEST_F(RestoreTest, ADatabaseThatIsReadIsLeftAlone) {
  make_folder(target());
  fs::copy_file(copy(), target());
  {
    const FileDescriptor reader(::open(target().c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::flock(reader.get(), LOCK_SH), 0);
    const auto refused = restore_database(copy(), target(), kReplace, nullptr);
    ASSERT_FALSE(refused.ok());
    EXPECT_TRUE(contains(refused.error(), "is being read")) << refused.error().message;
    EXPECT_FALSE(fs::exists(fs::path(target()) += ".before-restore-1"));
  }
  EXPECT_TRUE(restore_database(copy(), target(), kReplace, nullptr).ok());
}

TEST_F(RestoreTest, ADatabaseInUseIsLeftAlone) {
  const auto refused = restore_database(copy(), path(), kReplace, nullptr);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::already_exists);
  EXPECT_TRUE(contains(refused.error(), "in use by spind pid")) << refused.error().message;
  // Nor is one that is served taken for a backup.
  make_folder(target());
  EXPECT_TRUE(contains(restore_database(path(), target(), kKeep, nullptr).error(), "in use by spind pid"));
  store_->close();
  EXPECT_TRUE(restore_database(copy(), path(), kReplace, nullptr).ok());
}

TEST_F(RestoreTest, WhatIsNoBackupIsRefusedAndTheDatabaseStays) {
  store_->close();
  const auto bytes = value_of(read_file(copy(), std::size_t{1} << 30U));
  const auto bad = copies() / "bad";
  const auto refusal = [&](const std::string& content) {
    std::ofstream(bad, std::ios::binary | std::ios::trunc) << content;
    const auto refused = restore_database(bad, path(), kReplace, nullptr);
    EXPECT_FALSE(refused.ok());
    return refused.ok() ? Error{} : refused.error();
  };
  EXPECT_TRUE(contains(refusal(""), "is not a database"));
  EXPECT_TRUE(contains(refusal("notes"), "is not a database"));
  EXPECT_TRUE(contains(refusal(bytes.substr(0, bytes.size() / 2)), "is cut"));
  auto broken = bytes;
  broken.replace(4 * 4096, 4096, std::string(4096, '\x5a'));
  EXPECT_TRUE(contains(refusal(broken), "is damaged"));
  fs::remove(bad);
  run_sql(bad, "CREATE TABLE recipe (name TEXT)");
  EXPECT_TRUE(
      contains(restore_database(bad, path(), kReplace, nullptr).error(), "belongs to another program"));
  run_sql(copy(), "PRAGMA user_version = 999");
  const auto newer = restore_database(copy(), path(), kReplace, nullptr).error();
  EXPECT_EQ(newer.code, ErrorCode::failed_precondition) << newer.message;
  EXPECT_EQ(restore_database(copies() / "none", path(), kReplace, nullptr).error().code,
            ErrorCode::not_found);
  EXPECT_EQ(restore_database(copies(), path(), kReplace, nullptr).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(restore_database(path(), path(), kReplace, nullptr).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(reopen().jobs.size(), 20U);
  EXPECT_FALSE(fs::exists(fs::path(path()) += ".before-restore-1"));
}

TEST_F(RestoreTest, OneThatIsBrokenOffLeavesTheDatabase) {
  store_->close();
  const auto stopped = restore_database(copy(), path(), kReplace,
                                        [](std::int64_t done, std::int64_t total) { return done < total; });
  EXPECT_EQ(stopped.error().code, ErrorCode::unavailable);
  EXPECT_EQ(names_in(folder_.path()), (std::vector<std::string>{"copies", "spin.db", "spin.db.lock"}));
  EXPECT_EQ(reopen().jobs.size(), 20U);
}

}  // namespace
}  // namespace spin
