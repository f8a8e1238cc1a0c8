// What this host, and the control groups that a container is in, give to a process.
#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "schema/base/machine.h"
#include "schema/base/program_path.h"
#include "schema/base/stop_signals.h"
#include "tests/support/temp_folder.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

class CpuQuota : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << "\n";
  }
  [[nodiscard]] double quota(const std::string& groups) const {
    std::istringstream text(groups);
    return cpu_quota(root_.path(), text);
  }
  TempFolder root_;
};

TEST_F(CpuQuota, OfAContainerStandsAtItsRoot) {
  write("cpu.max", "50000 100000");
  EXPECT_DOUBLE_EQ(quota("0::/\n"), 0.5);
}

TEST_F(CpuQuota, TheTightestUpTheHierarchyCounts) {
  write("user.slice/cpu.max", "150000 100000");
  write("user.slice/a.scope/cpu.max", "400000 100000");
  EXPECT_DOUBLE_EQ(quota("0::/user.slice/a.scope\n"), 1.5);
  write("user.slice/a.scope/b/cpu.max", "25000 100000");
  EXPECT_DOUBLE_EQ(quota("0::/user.slice/a.scope/b\n"), 0.25);
}

TEST_F(CpuQuota, OfTheFirstVersionHasTwoFiles) {
  write("cpu,cpuacct/jobs/7/cpu.cfs_quota_us", "250000");
  write("cpu,cpuacct/jobs/7/cpu.cfs_period_us", "100000");
  EXPECT_DOUBLE_EQ(quota("5:memory:/jobs/7\n4:cpu,cpuacct:/jobs/7\n0::/\n"), 2.5);
  write("cpu/jobs/8/cpu.cfs_quota_us", "100000");
  write("cpu/jobs/8/cpu.cfs_period_us", "50000");
  EXPECT_DOUBLE_EQ(quota("4:cpuset,cpu:/jobs/8\n"), 2) << "some hosts mount it by its first name alone";
}

TEST_F(CpuQuota, MayBeNone) {
  EXPECT_EQ(quota(""), 0);
  EXPECT_EQ(quota("0::/user.slice\nnonsense\n"), 0);
  write("cpu.max", "max 100000");
  EXPECT_EQ(quota("0::/\n"), 0);
  write("cpu/cpu.cfs_quota_us", "-1");
  write("cpu/cpu.cfs_period_us", "100000");
  EXPECT_EQ(quota("4:cpu:/\n"), 0);
}

TEST(UsableCores, AreAtLeastOneAndNoMoreThanTheHostHas) {
  EXPECT_GE(usable_cores(), 1);
  EXPECT_LE(usable_cores(), ::sysconf(_SC_NPROCESSORS_CONF));
}

TEST(ProgramPath, IsThatOfThisTest) {
  EXPECT_EQ(program_path(), fs::read_symlink("/proc/self/exe")) << "not started through the loader";
}

TEST(StopSignals, AreThoseThatNobodyIgnores) {
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGHUP, &ignore, &before);
  const auto under_nohup = stop_signals();
  ::sigaction(SIGHUP, &before, nullptr);
  EXPECT_EQ(std::count(under_nohup.begin(), under_nohup.end(), SIGHUP), 0);
  EXPECT_EQ(under_nohup.front(), SIGTERM);
}

}  // namespace
}  // namespace spin
