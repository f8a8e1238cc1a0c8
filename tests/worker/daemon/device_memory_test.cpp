#include "worker/daemon/device_memory.h"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "schema/base/machine.h"
#include "tests/support/temp_folder.h"

namespace spin::daemon {
namespace {

namespace fs = std::filesystem;

/// An nvidia-smi of our own, first in PATH.
class DeviceMemory : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1);
    ::unsetenv("CUDA_VISIBLE_DEVICES");
  }
  void TearDown() override { ::setenv("PATH", path_.c_str(), 1); }
  void install(const std::string& script) const {
    std::ofstream(folder_ / "nvidia-smi") << "#!/bin/sh\n" << script;
    fs::permissions(folder_ / "nvidia-smi", fs::perms::owner_all);
  }
  const std::string path_ = std::getenv("PATH");
  TempFolder folder_;
};

TEST_F(DeviceMemory, OfACpuIsMostOfTheMachines) {
  EXPECT_EQ(device_memory("cpu"), machine_memory() / 10 * 9);
}

TEST_F(DeviceMemory, OfAGpuIsWhatNvidiaSmiSays) {
  install("[ \"$*\" = '--query-gpu=memory.total --format=csv,noheader,nounits -i 3' ] && echo 81559");
  EXPECT_EQ(device_memory("cuda:3"), std::int64_t{81559} << 20);
  EXPECT_EQ(device_memory("cuda:2"), 0);
}

TEST_F(DeviceMemory, OfAGpuIsAskedForByTheNameThatCudaGoesBy) {
  install("[ \"$4\" = GPU-5 ] && echo 1000");
  ::setenv("CUDA_VISIBLE_DEVICES", "2,GPU-5", 1);
  EXPECT_EQ(device_memory("cuda:1"), std::int64_t{1000} << 20);
  EXPECT_EQ(device_memory("cuda:0"), 0);
  EXPECT_EQ(device_memory("cuda:2"), 0) << "there is none";
  ::unsetenv("CUDA_VISIBLE_DEVICES");
}

TEST_F(DeviceMemory, IsUnknownWhereNvidiaSmiFailsOrSaysSomethingElse) {
  install("echo 81559; exit 9");
  EXPECT_EQ(device_memory("cuda:0"), 0);
  install("echo '[N/A]'");
  EXPECT_EQ(device_memory("cuda:0"), 0);
}

}  // namespace
}  // namespace spin::daemon
