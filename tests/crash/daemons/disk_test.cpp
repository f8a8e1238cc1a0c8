#include <fstream>

#include <gtest/gtest.h>
#include <sys/mount.h>

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

TEST_F(DiskTest, AFullDatabaseFolderEndsTheCoordinatorAndNothingAcknowledgedIsLost) {
  start_spind("0");
  daemons.start_worker("w0", {{"do", "finish"}});
  ASSERT_TRUE(daemons.submit("first", 3));
  ASSERT_TRUE(eventually(Daemons::kDeadline, [&] { return daemons.count("first", "completed") == 3; }));
  daemons.worker("w0").signal(SIGTERM);
  ASSERT_EQ(daemons.worker("w0").wait(Daemons::kDeadline), 0);
  start_worker();
  ASSERT_TRUE(daemons.submit("study", 4));
  ASSERT_TRUE(eventually(Daemons::kDeadline, [&] { return daemons.count("study", "running") == 1; }));

  disk.fill();
  daemons.open_gate("w1");
  EXPECT_EQ(daemons.spind().wait(Daemons::kDeadline), 70) << daemons.spind().output();
  EXPECT_NE(daemons.spind().output().find("the database cannot be written, spind ends: "), std::string::npos)
      << daemons.spind().output();
  EXPECT_NE(daemons.spind().output().find("full"), std::string::npos) << daemons.spind().output();

  start_spind("0");
  EXPECT_GT(daemons.spind().wait(Daemons::kDeadline), 0) << "it cannot write that it has started";
  EXPECT_NE(daemons.spind().output().find("full"), std::string::npos) << daemons.spind().output();

  disk.empty();
  start_spind("0");
  EXPECT_EQ(daemons.count("first", "completed"), 3) << "was acknowledged before";
  EXPECT_TRUE(done(4)) << "the worker has kept what it could not deliver";
  daemons.expect_one_result_each("first");
  daemons.expect_one_result_each("study");
  daemons.stop();
}

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

}  // namespace
}  // namespace spin
