#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

// What deploy/install-packages.sh asks apt for, on a system that the test makes up.

namespace spin {
namespace {

class InstallPackages : public testing::Test {
 protected:
  void SetUp() override {
    put("dpkg-query", R"(case " $NOT_INSTALLED " in *" ${!#} "*) exit 1 ;; esac; printf installed)");
    put("apt-get", R"(echo "apt-get $*" >>"$ASKED")");
    put("apt-cache", "exit 0");
    put("id", "echo 0");
  }
  /// What apt-get was told to install: its last words; empty where it was not asked.
  std::string installed(const std::string& not_installed, const std::string& kind = "") {
    const auto asked = folder_ / "asked";
    std::filesystem::remove(asked);
    std::vector<std::string> command{"/usr/bin/env", "PATH=" + folder_.path().string() + ":/usr/bin:/bin",
                                     "NOT_INSTALLED=" + not_installed, "ASKED=" + asked.string(),
                                     source_file("deploy/install-packages.sh")};
    if (!kind.empty()) command.push_back(kind);
    const auto finished = run_command(command, folder_.path().string(), std::chrono::seconds(60));
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    std::ifstream file(asked);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto at = text.find("--no-install-recommends ");
    return at == std::string::npos ? "" : text.substr(at + 24, text.find('\n', at) - at - 24);
  }

 private:
  void put(const std::string& name, const std::string& script) {
    const auto path = folder_ / name;
    std::ofstream(path) << "#!/bin/bash\n" << script << '\n';
    ::chmod(path.c_str(), 0700);
  }

  TempFolder folder_;
};

TEST_F(InstallPackages, WhatIsMissingAndNothingElse) {
  EXPECT_EQ(installed("none"), "");
  EXPECT_EQ(installed("cmake libfmt-dev"), "cmake libfmt-dev");
  EXPECT_EQ(installed("libgtest-dev"), "");
  EXPECT_EQ(installed("libgtest-dev", "tests"), "libgtest-dev");
}

TEST_F(InstallPackages, LibTorchWithCudaStays) {
  EXPECT_EQ(installed("libtorch-dev libtorch-cuda-dev"), "libtorch-dev");
  EXPECT_EQ(installed("libtorch-cuda-dev", "cuda"), "libtorch-cuda-dev");
  EXPECT_EQ(installed("libtorch-dev"), "") << "the one with CUDA is there";
  EXPECT_EQ(installed("python3-torch strace", "bench"), "strace") << "it belongs to the one without CUDA";
  EXPECT_EQ(installed("python3-torch procps", "tests"), "procps") << "and its test is skipped";
  EXPECT_EQ(installed("python3-torch libtorch-cuda-dev", "bench"), "python3-torch");
}

}  // namespace
}  // namespace spin
