#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/places.h"

// A binary that links what it must not (LibTorch in the coordinator, gRPC in the trainer) still works on the
// machine that built it, and fails on the one that has another vendor's copy.

namespace spin {
namespace {

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string text;
  std::array<char, 4096> block{};
  while (const auto count = std::fread(block.data(), 1, block.size(), pipe.get()))
    text.append(block.data(), count);
  return text;
}

/// The libraries that the binary itself names, without those that they need in turn.
std::string direct_libraries(const std::string& binary) {
  return output_of("readelf -d " + program(binary) + " | grep NEEDED");
}

std::string all_libraries(const std::string& binary) { return output_of("ldd " + program(binary)); }

void expect_none(const std::string& libraries, const std::vector<std::string>& forbidden) {
  for (const auto& name : forbidden)
    EXPECT_EQ(libraries.find(name), std::string::npos) << name << " in\n" << libraries;
}

TEST(Linkage, CoordinatorNeverLoadsLibTorch) {
  const auto libraries = all_libraries("spind");
  EXPECT_NE(libraries.find("libgrpc++"), std::string::npos);
  EXPECT_NE(libraries.find("libsqlite3"), std::string::npos);
  expect_none(libraries, {"libtorch", "libc10", "libcuda", "libopencv", "libopenblas"});
}

TEST(Linkage, WorkerNeverLoadsLibTorchOrSqlite) {
  const auto libraries = all_libraries("spin-worker");
  EXPECT_NE(libraries.find("libgrpc++"), std::string::npos);
  expect_none(libraries, {"libtorch", "libc10", "libcuda", "libsqlite3", "libopenblas"});
}

TEST(Linkage, ClientNeverLoadsLibTorchOrSqlite) {
  const auto libraries = all_libraries("spinctl");
  EXPECT_NE(libraries.find("libgrpc++"), std::string::npos);
  expect_none(libraries, {"libtorch", "libc10", "libcuda", "libsqlite3", "libopenblas"});
}

// Debian's LibTorch loads its own protobuf, so only what spin-train itself names counts.
TEST(Linkage, TrainerNamesNoNetworkLibrary) {
  const auto libraries = direct_libraries("spin-train");
  EXPECT_NE(libraries.find("libtorch"), std::string::npos);
  expect_none(libraries, {"libgrpc", "libprotobuf", "libsqlite3", "libssl", "libcrypto", "libboost",
                          "libyaml", "libprometheus", "libfmt", "libspdlog"});
}

}  // namespace
}  // namespace spin
