#include "worker/daemon/device_memory.h"

#include <csignal>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "schema/base/machine.h"
#include "tests/support/temp_folder.h"
#include "tests/worker/daemon/worker.h"

namespace spin::daemon {
namespace {

namespace fs = std::filesystem;

const char* const kTwoGpus =
    R"([ "$*" = --devices ] && echo '{"libtorch": "2.6.0", "cuda": true, "devices": [
  {"device": "cpu", "name": "EPYC", "memory_bytes": 1000},
  {"device": "cuda:0", "name": "NVIDIA A100 MIG 1g.10gb", "memory_bytes": 10200547328, "free_bytes": 1},
  {"device": "cuda:1", "name": "NVIDIA A100", "memory_bytes": 0}]}')";

/// A trainer that answers as the script does.
class DeviceMemory : public testing::Test {
 protected:
  Result<std::int64_t> ask(const std::string& script, const std::string& device,
                           std::chrono::milliseconds limit = kDevicesLimit,
                           std::chrono::milliseconds open_limit = std::chrono::milliseconds(0)) const {
    install(trainer(), script);
    return device_memory(device, trainer().string(), limit, open_limit);
  }
  /// A GPU that cannot be opened at the first question.
  [[nodiscard]] std::string held_at_first() const {
    return "test -e '" + (folder_ / "asked").string() +
           "' && memory=2000 || problem=', \"problem\": \"out of "
           "memory\"'; >'" +
           (folder_ / "asked").string() + "'\n" +
           R"(echo '{"cuda": true, "devices": [{"device": "cuda:0", "memory_bytes": '${memory:-0}"$problem"'}]}')";
  }
  [[nodiscard]] fs::path trainer() const { return folder_ / "spin-train"; }
  static void install(const fs::path& program, const std::string& script) {
    std::ofstream(program) << "#!/bin/sh\n" << script << "\n";
    fs::permissions(program, fs::perms::owner_all);
  }
  TempFolder folder_;
};

TEST_F(DeviceMemory, OfACpuIsMostOfTheMachinesAndNobodyIsAsked) {
  EXPECT_EQ(device_memory("cpu", "/no/such/trainer").value(), machine_memory() / 10 * 9);
}

TEST_F(DeviceMemory, OfAGpuOrASliceOfItIsWhatTheTrainerSees) {
  EXPECT_EQ(ask(kTwoGpus, "cuda:0").value(), 10200547328);
  EXPECT_EQ(ask(kTwoGpus, "cuda:1").value(), 0) << "nobody knows";
}

TEST_F(DeviceMemory, ADeviceThatIsNotThereIsRefusedWithThoseThatAre) {
  const auto refused = ask(kTwoGpus, "cuda:2");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(
      refused.error().message,
      "--device cuda:2: there is no such device for spin-train, whose LibTorch 2.6.0 has CUDA; there is "
      "cpu, cuda:0 (NVIDIA A100 MIG 1g.10gb), cuda:1 (NVIDIA A100)");
}

TEST_F(DeviceMemory, ADeviceThatCannotBeOpenedIsRefusedWithTheReasonAndHidesNoOther) {
  const auto* const one_bad = R"(echo '{"libtorch": "2.6.0", "cuda": true, "devices": [
  {"device": "cuda:0", "name": "", "memory_bytes": 0, "problem": "uncorrectable ECC error"},
  {"device": "cuda:1", "name": "NVIDIA A100", "memory_bytes": 2000, "free_bytes": 1}]}')";
  EXPECT_EQ(ask(one_bad, "cuda:1").value(), 2000);
  const auto refused = ask(one_bad, "cuda:0");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_EQ(refused.error().message,
            "--device cuda:0: spin-train cannot open it; there is cuda:0 (a GPU, which cannot be opened: "
            "uncorrectable ECC error), cuda:1 (NVIDIA A100)");
}

TEST_F(DeviceMemory, ADeviceThatCannotBeOpenedForAMomentIsAskedForAgain) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(ask(held_at_first(), "cuda:0", kDevicesLimit, kOpenLimit).value(), 2000);
  const auto said = testing::internal::GetCapturedStdout();
  EXPECT_NE(said.find("out of memory"), std::string::npos) << said;
}

TEST_F(DeviceMemory, AWorkerThatIsStartedAnewOutlivesTheTrainersThatStillHoldItsDevice) {
  install(trainer(), held_at_first());
  Fleet fleet;
  fleet.start_worker({"--device", "cuda:0", "--trainer", trainer().string()});
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return !fleet.coordinator.hellos().empty(); }))
      << fleet.worker_log();
}

TEST_F(DeviceMemory, IsUnknownWhereTheTrainerFailsOrSaysSomethingElse) {
  EXPECT_EQ(ask("echo no such option >&2; exit 2", "cuda:0").value(), 0);
  EXPECT_EQ(ask("echo '{\"event\": \"ready\"}'", "cuda:0").value(), 0);
  EXPECT_EQ(ask("echo '{\"devices\": 7}'", "cuda:0").value(), 0);
  EXPECT_EQ(ask("head -c 1000000 /dev/zero", "cuda:0").value(), 0);
  EXPECT_EQ(device_memory("cuda:0", "/no/such/trainer").error().code, ErrorCode::not_found);
}

TEST_F(DeviceMemory, ATrainerThatHangsIsKilledAndNamedWithTheDriver) {
  const auto pid_file = (folder_ / "pid").string();
  testing::internal::CaptureStdout();
  const auto hung = ask("echo $$ >'" + pid_file + "'; exec sleep 1000", "cuda:0", std::chrono::seconds(1));
  EXPECT_NE(testing::internal::GetCapturedStdout().find("driver"), std::string::npos)
      << "said while it waits";
  ASSERT_FALSE(hung.ok());
  EXPECT_EQ(hung.error().code, ErrorCode::unavailable);
  EXPECT_NE(hung.error().message.find(trainer().string()), std::string::npos) << hung.error().message;
  EXPECT_NE(hung.error().message.find("driver"), std::string::npos) << hung.error().message;
  pid_t pid = 0;
  std::ifstream(pid_file) >> pid;
  ASSERT_GT(pid, 0);
  EXPECT_NE(::kill(pid, 0), 0) << "it is gone";
}

TEST_F(DeviceMemory, AChildThatKeepsThePipeOpenIsNotWaitedFor) {
  EXPECT_EQ(ask("sleep 1000 & " + std::string(kTwoGpus), "cuda:0").value(), 10200547328);
}

TEST_F(DeviceMemory, AWorkerIsRefusedAtItsStartAndAsksNobodyElse) {
  install(trainer(), kTwoGpus);
  install(folder_ / "nvidia-smi", "echo asked >'" + (folder_ / "asked").string() + "'");
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", (folder_.path().string() + ":" + path).c_str(), 1);
  const Fleet fleet;
  const auto finished =
      run_command(fleet.worker_command({"--device", "cuda:7", "--trainer", trainer().string()}), fleet.mark,
                  Fleet::kDeadline);
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_NE(finished.errors.find("there is cpu, cuda:0"), std::string::npos) << finished.errors;
  EXPECT_TRUE(fleet.coordinator.hellos().empty()) << "no job is leased to fail";
  EXPECT_FALSE(fs::exists(folder_ / "asked")) << "nvidia-smi is nobody's business";
}

TEST_F(DeviceMemory, WhereNobodyKnowsItJobsComeOneAtATime) {
  install(trainer(), kTwoGpus);
  Fleet fleet;
  fleet.start_worker({"--device", "cuda:1", "--trainer", trainer().string(), "--slots", "4"});
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return !fleet.coordinator.hellos().empty(); }))
      << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.hellos()[0].slots, 1);
  EXPECT_NE(fleet.worker_log().find("--memory says how much"), std::string::npos) << fleet.worker_log();
}

TEST_F(DeviceMemory, SigtermEndsAWorkerWhoseTrainerHangsAtTheQuestion) {
  install(trainer(), "exec sleep 1000");
  Fleet fleet;
  fleet.start_worker({"--device", "cuda:0", "--trainer", trainer().string()});
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return !fleet.processes("sleep").empty(); }));
  fleet.worker().signal(SIGTERM);
  EXPECT_EQ(fleet.worker().wait(Fleet::kDeadline), 128 + SIGTERM);
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.processes().empty(); }));
}

}  // namespace
}  // namespace spin::daemon
