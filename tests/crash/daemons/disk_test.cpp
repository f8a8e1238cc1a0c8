#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "tests/crash/daemons/daemons.h"

// A full disk under a real coordinator, with real workers.

namespace spin {
namespace {

namespace fs = std::filesystem;

/// A file system of a few MiB, where the system lets us mount one.
class SmallDisk {
 public:
  explicit SmallDisk(fs::path path) : path_(std::move(path)) {
    fs::create_directory(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=8m,mode=0700") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] bool is_mounted() const { return mounted_; }
  [[nodiscard]] fs::path operator/(const std::string& name) const { return path_ / name; }
  /// Not a page is left.
  void fill() const {
    fill_to(0);
    EXPECT_EQ(fs::space(path_).available, 0U);
  }
  void fill_to(std::uintmax_t free_bytes) const {
    std::ofstream filler(path_ / "filler", std::ios::binary | std::ios::app);
    const std::string page(4096, 'f');
    while (fs::space(path_).available > free_bytes && filler.write(page.data(), std::ssize(page)).flush())
      continue;
  }
  void empty() const { fs::remove(path_ / "filler"); }

 private:
  fs::path path_;
  bool mounted_ = false;
};

class DiskTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!disk.is_mounted()) GTEST_SKIP() << "may not mount a small disk here: that is for root";
  }
  /// With its database on the small disk, of which it may use everything but so many bytes.
  void start_spind(const std::string& reserve_bytes) {
    daemons.database = disk / "spin.db";
    daemons.start_spind(
        {"--artifacts", (daemons.folder / "artifacts").string(), "--reserve-bytes", reserve_bytes});
  }
  /// A worker whose trainers wait for the gate.
  void start_worker() { daemons.start_worker("w1", {{"do", "wait"}, {"file", daemons.gate("w1")}}); }
  bool done(int jobs) {
    return eventually(Daemons::kDeadline, [&] { return daemons.count("study", "completed") == jobs; });
  }

  Daemons daemons;
  const SmallDisk disk{daemons.folder / "disk"};
};

TEST_F(DiskTest, BelowTheReserveResultsAreTakenAndNothingIsBegun) {
  start_spind("4MiB");
  start_worker();
  ASSERT_TRUE(daemons.submit("study", 2));
  ASSERT_TRUE(eventually(Daemons::kDeadline, [&] { return daemons.count("study", "running") == 1; }));
  disk.fill_to(2 << 20);
  ASSERT_TRUE(eventually(Daemons::kDeadline, [&] {
    return daemons.spind().output().find("MiB are reserved") != std::string::npos;
  })) << daemons.spind().output();
  daemons.open_gate("w1");
  ASSERT_TRUE(done(1)) << daemons.worker("w1").output();
  EXPECT_EQ(daemons.count("study", "ready"), 1);

  disk.empty();
  EXPECT_TRUE(done(2)) << daemons.spind().output();
  daemons.expect_one_result_each("study");
  daemons.stop();
}

TEST_F(DiskTest, AFullArtifactFolderIsWaitedForByTheWorker) {
  daemons.start_spind({"--artifacts", (disk / "artifacts").string(), "--reserve-bytes", "0"});
  start_worker();
  ASSERT_TRUE(daemons.submit("study", 2));
  ASSERT_TRUE(eventually(Daemons::kDeadline, [&] { return daemons.count("study", "running") == 1; }));
  disk.fill();
  daemons.open_gate("w1");
  ASSERT_TRUE(eventually(Daemons::kDeadline, [&] {
    return daemons.worker("w1").output().find("artifacts is full") != std::string::npos;
  })) << daemons.worker("w1").output();
  EXPECT_EQ(daemons.count("study", "completed"), 0);
  EXPECT_TRUE(daemons.keeps_a_result("w1"));

  disk.empty();
  EXPECT_TRUE(done(2)) << daemons.worker("w1").output();
  daemons.expect_one_result_each("study");
  daemons.stop();
}

/// What is left of the disk is for the database: with uploads alone it would fill up, and spind could not
/// start again.
TEST_F(DiskTest, AnUploadThatWouldTakeTheReserveIsWaitedForAndPeopleAreTold) {
  daemons.start_spind({"--artifacts", (disk / "artifacts").string(), "--reserve-bytes", "4MiB"});
  start_worker();
  ASSERT_TRUE(daemons.submit("study", 2));
  ASSERT_TRUE(eventually(Daemons::kDeadline, [&] { return daemons.count("study", "running") == 1; }));
  disk.fill_to(2 << 20);
  daemons.open_gate("w1");
  ASSERT_TRUE(eventually(Daemons::kDeadline, [&] {
    return daemons.worker("w1").output().find("stay free (--reserve-bytes)") != std::string::npos;
  })) << daemons.worker("w1").output();
  EXPECT_EQ(daemons.count("study", "completed"), 0);
  EXPECT_TRUE(daemons.keeps_a_result("w1"));
  EXPECT_TRUE(eventually(Daemons::kDeadline, [&] {
    const auto workers = daemons.spinctl_json({"workers"});
    return workers.is_array() && workers.dump().find("MiB are reserved") != std::string::npos;
  }));
  const auto examined = daemons.spinctl({"doctor"});
  EXPECT_EQ(examined.exit_code, 1) << examined.output;
  EXPECT_NE(examined.output.find("make room on the disk of " + (disk / "artifacts").string()),
            std::string::npos)
      << examined.output;
  const auto backed_up = daemons.spinctl({"backup"});
  EXPECT_EQ(backed_up.exit_code, 0) << backed_up.errors << ": the disk of the backups has room";

  disk.empty();
  EXPECT_TRUE(done(2)) << daemons.worker("w1").output();
  daemons.expect_one_result_each("study");
  daemons.stop();
}

TEST_F(DiskTest, AFullDiskOfAWorkerIsSaidAndItGoesOnByItself) {
  const SmallDisk own(daemons.folder / "w1");
  ASSERT_TRUE(own.is_mounted());
  daemons.start_spind();
  start_worker();
  ASSERT_TRUE(daemons.submit("study", 2));
  ASSERT_TRUE(eventually(Daemons::kDeadline, [&] { return daemons.count("study", "running") == 1; }));
  own.fill();
  daemons.open_gate("w1");
  const auto people_are_told = [&] {
    const auto workers = daemons.spinctl_json({"workers"});
    return workers.is_array() &&
           workers.dump().find("results wait, they cannot be kept: ") != std::string::npos;
  };
  ASSERT_TRUE(eventually(Daemons::kDeadline, people_are_told)) << daemons.worker("w1").output();
  const auto examined = daemons.spinctl({"doctor"});
  EXPECT_EQ(examined.exit_code, 0) << examined.output;
  EXPECT_NE(examined.output.find("1 of 1 attached are hindered, first w1: results wait"), std::string::npos)
      << examined.output;
  EXPECT_EQ(daemons.count("study", "failed"), 0);

  own.empty();
  EXPECT_TRUE(done(2)) << daemons.worker("w1").output();
  EXPECT_FALSE(people_are_told());
  daemons.expect_one_result_each("study");
  daemons.stop();
}

/// How the database's disk is full: it is small, or no file of spind may grow, which anybody can have.
enum class Full { disk, limit };

class FullDatabase : public testing::TestWithParam<Full> {
 protected:
  void SetUp() override {
    if (!is_limit() && !disk.is_mounted())
      GTEST_SKIP() << "may not mount a small disk here: that is for root";
    if (!is_limit()) daemons.database = disk / "spin.db";
  }
  [[nodiscard]] static bool is_limit() { return GetParam() == Full::limit; }

  void start_spind(bool limited = false) {
    std::vector<std::string> prefix;
    if (limited && is_limit()) prefix = {"/bin/sh", "-c", "ulimit -S -f 8; exec \"$@\"", "sh"};
    daemons.start_spind({"--artifacts", (daemons.folder / "artifacts").string(), "--reserve-bytes", "0"},
                        prefix);
  }
  void fill() { is_limit() ? limit_to(4096) : disk.fill(); }
  void make_room() { is_limit() ? limit_to(RLIM_INFINITY) : disk.empty(); }

  /// A sweep that is done.
  void finish_first() {
    start_spind();
    daemons.start_worker("w0", {{"do", "finish"}});
    ASSERT_TRUE(daemons.submit("first", 3));
    ASSERT_TRUE(eventually(Daemons::kDeadline, [&] { return daemons.count("first", "completed") == 3; }));
    daemons.worker("w0").signal(SIGTERM);
    ASSERT_EQ(daemons.worker("w0").wait(Daemons::kDeadline), 0);
  }
  /// One of four jobs runs when the disk is full, and a sweep comes whose file is larger than what SQLite's
  /// log may take in the place of what it has copied.
  void run_into_the_full_disk() {
    finish_first();
    daemons.start_worker("w1", {{"do", "wait"}, {"file", daemons.gate("w1")}});
    ASSERT_TRUE(daemons.submit("study", 4, 10));
    ASSERT_TRUE(eventually(Daemons::kDeadline, [&] { return daemons.count("study", "running") == 1; }));
    fill();
    const auto large = daemons.submit_file("large", 1, std::string(1'000'000, '#'), 20);
    EXPECT_EQ(large.exit_code, 1);
    EXPECT_NE(large.errors.find(": database " + daemons.database.string()), std::string::npos)
        << large.errors;
    const auto workers = daemons.spinctl({"workers", "--format", "json"});
    EXPECT_NE(workers.output.find("no leases are granted now: database "), std::string::npos)
        << workers.output;
    daemons.open_gate("w1");
  }
  void expect_everything_goes_on() {
    EXPECT_TRUE(eventually(Daemons::kDeadline, [&] { return daemons.count("study", "completed") == 4; }))
        << daemons.spind().output();
    daemons.expect_one_result_each("first");
    daemons.expect_one_result_each("study");
    daemons.stop();
  }

  Daemons daemons;
  const SmallDisk disk{daemons.folder / "disk"};

 private:
  void limit_to(rlim_t bytes) {
    rlimit limit{};
    ASSERT_EQ(::prlimit(daemons.spind().pid(), RLIMIT_FSIZE, nullptr, &limit), 0);
    limit.rlim_cur = std::min(bytes, limit.rlim_max);
    ASSERT_EQ(::prlimit(daemons.spind().pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
  }
};

TEST_P(FullDatabase, ReadsAreServedChangesAreRefusedWithTheReasonAndAllGoesOnWhenThereIsRoom) {
  run_into_the_full_disk();
  const auto order = daemons.spinctl({"cancel", "study"});
  EXPECT_EQ(order.exit_code, 1);
  EXPECT_NE(order.errors.find("nothing is changed: database " + daemons.database.string()), std::string::npos)
      << order.errors;
  EXPECT_NE(order.errors.find("make room there"), std::string::npos) << order.errors;
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"status"}, {"jobs", "study"}, {"results", "first"}, {"query", "SELECT count(*) FROM jobs"}}) {
    const auto answer = daemons.spinctl(command);
    EXPECT_EQ(answer.exit_code, 0) << command[0] << ": " << answer.errors;
  }
  EXPECT_EQ(daemons.count("first", "completed"), 3);
  EXPECT_EQ(daemons.count("study", "ready"), 3) << daemons.spinctl({"jobs", "study"}).output;
  EXPECT_TRUE(daemons.spind().running());
  make_room();
  expect_everything_goes_on();
}

TEST_P(FullDatabase, AStopMeanwhileLosesNothing) {
  run_into_the_full_disk();
  daemons.spind().signal(SIGTERM);
  EXPECT_EQ(daemons.spind().wait(Daemons::kDeadline), 0) << daemons.spind().output();
  if (!is_limit()) disk.empty();
  start_spind();
  EXPECT_EQ(daemons.count("first", "completed"), 3) << "was acknowledged before";
  expect_everything_goes_on();
}

TEST_P(FullDatabase, AStartSaysWhyItCannotBe) {
  finish_first();
  daemons.spind().signal(SIGTERM);
  ASSERT_EQ(daemons.spind().wait(Daemons::kDeadline), 0) << daemons.spind().output();
  if (!is_limit()) disk.fill();
  start_spind(true);
  EXPECT_EQ(daemons.spind().wait(Daemons::kDeadline), 1) << "it cannot write that it has started";
  EXPECT_NE(daemons.spind().output().find("make room there"), std::string::npos) << daemons.spind().output();
  if (!is_limit()) disk.empty();
  start_spind();
  EXPECT_EQ(daemons.count("first", "completed"), 3);
  daemons.stop();
}

INSTANTIATE_TEST_SUITE_P(Kinds, FullDatabase, testing::Values(Full::disk, Full::limit),
                         [](const auto& kind) { return kind.param == Full::disk ? "disk" : "limit"; });

}  // namespace
}  // namespace spin
