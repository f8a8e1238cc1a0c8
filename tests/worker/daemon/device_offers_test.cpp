#include "worker/daemon/device_offers.h"

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

/// Of two GPUs the first cannot be opened.
const char* const kOneBad =
    R"(echo '{"libtorch": "2.6.0", "cuda": true, "devices": [
  {"device": "cuda:0", "name": "", "memory_bytes": 0, "problem": "uncorrectable ECC error"},
  {"device": "cuda:1", "name": "NVIDIA A100", "memory_bytes": 2000, "free_bytes": 1}]}')";

/// A trainer that answers as the script does.
class DeviceOffers : public testing::Test {
 protected:
  Result<std::vector<DeviceOffer>> offers(
      const std::string& script, const std::string& devices, std::chrono::milliseconds limit = kDevicesLimit,
      std::chrono::milliseconds open_limit = std::chrono::milliseconds(0)) const {
    install(trainer(), script);
    return device_offers(devices, trainer().string(), limit, open_limit);
  }
  /// Memory of one device.
  Result<std::int64_t> ask(const std::string& script, const std::string& device,
                           std::chrono::milliseconds limit = kDevicesLimit,
                           std::chrono::milliseconds open_limit = std::chrono::milliseconds(0)) const {
    SPIN_ASSIGN(const auto found, offers(script, device, limit, open_limit));
    return found.at(0).memory_bytes;
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

TEST_F(DeviceOffers, OfACpuIsMostOfTheMachinesAndNobodyIsAsked) {
  EXPECT_EQ(device_offers("cpu", "/no/such/trainer").value(),
            (std::vector<DeviceOffer>{{"cpu", machine_memory() / 10 * 9}}));
}

TEST_F(DeviceOffers, OfAGpuOrASliceOfItIsWhatTheTrainerSees) {
  EXPECT_EQ(ask(kTwoGpus, "cuda:0").value(), 10200547328);
  EXPECT_EQ(ask(kTwoGpus, "cuda:1").value(), 0) << "nobody knows";
}

TEST_F(DeviceOffers, SeveralComeInTheirOrderAndTheTrainerIsAskedOnce) {
  const auto counted = "echo asked >>'" + (folder_ / "asked").string() + "'\n" + kTwoGpus;
  EXPECT_EQ(
      offers(counted, "cuda:1,cpu,cuda:0").value(),
      (std::vector<DeviceOffer>{{"cuda:1", 0}, {"cpu", machine_memory() / 10 * 9}, {"cuda:0", 10200547328}}));
  EXPECT_EQ(fs::file_size(folder_ / "asked"), 6U);
}

TEST_F(DeviceOffers, AllGpusAreThoseThatTheTrainerSees) {
  EXPECT_EQ(offers(kTwoGpus, "cuda:all").value(),
            (std::vector<DeviceOffer>{{"cuda:0", 10200547328}, {"cuda:1", 0}}));
}

TEST_F(DeviceOffers, AllGpusOfAHostThatHasNoneAreRefused) {
  const auto refused =
      offers(R"(echo '{"libtorch": "2.6.0", "cuda": false, "devices": [{"device": "cpu"}]}')", "cuda:all");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(
      refused.error().message,
      "--device cuda:all: there is no GPU for spin-train, whose LibTorch 2.6.0 lacks CUDA; there is cpu");
  const auto silent = offers("echo no such option >&2; exit 2", "cuda:all");
  ASSERT_FALSE(silent.ok()) << "nobody knows how many there are";
  EXPECT_EQ(silent.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(silent.error().message.find("no such option"), std::string::npos) << silent.error().message;
}

TEST_F(DeviceOffers, OneThatCannotBeOpenedKeepsNoOtherOfAllFromWork) {
  testing::internal::CaptureStdout();
  const auto found = offers(kOneBad, "cuda:all");
  const auto said = testing::internal::GetCapturedStdout();
  EXPECT_EQ(found.value(), (std::vector<DeviceOffer>{{"cuda:1", 2000}}));
  EXPECT_NE(said.find("uncorrectable ECC error"), std::string::npos) << said;
  const auto none = offers(
      R"(echo '{"cuda": true, "devices": [{"device": "cuda:0", "problem": "uncorrectable ECC error"}]}')",
      "cuda:all");
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::unavailable);
}

TEST_F(DeviceOffers, ADeviceThatIsNotThereIsRefusedWithThoseThatAre) {
  const auto refused = ask(kTwoGpus, "cuda:2");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(
      refused.error().message,
      "--device cuda:2: there is no such device for spin-train, whose LibTorch 2.6.0 has CUDA; there is "
      "cpu, cuda:0 (NVIDIA A100 MIG 1g.10gb), cuda:1 (NVIDIA A100)");
}

TEST_F(DeviceOffers, ADeviceThatCannotBeOpenedIsRefusedWithTheReasonAndHidesNoOther) {
  EXPECT_EQ(ask(kOneBad, "cuda:1").value(), 2000);
  const auto refused = ask(kOneBad, "cuda:0");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_EQ(refused.error().message,
            "--device cuda:0: spin-train cannot open it; there is cuda:0 (a GPU, which cannot be opened: "
            "uncorrectable ECC error), cuda:1 (NVIDIA A100)");
}

TEST_F(DeviceOffers, ADeviceThatCannotBeOpenedForAMomentIsAskedForAgain) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(ask(held_at_first(), "cuda:0", kDevicesLimit, kOpenLimit).value(), 2000);
  const auto said = testing::internal::GetCapturedStdout();
  EXPECT_NE(said.find("out of memory"), std::string::npos) << said;
}

TEST_F(DeviceOffers, AWorkerThatIsStartedAnewOutlivesTheTrainersThatStillHoldItsDevice) {
  install(trainer(), held_at_first());
  Fleet fleet;
  fleet.start_worker({"--device", "cuda:0", "--trainer", trainer().string()});
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return !fleet.coordinator.hellos().empty(); }))
      << fleet.worker_log();
}

TEST_F(DeviceOffers, IsUnknownWhereTheTrainerFailsOrSaysSomethingElse) {
  EXPECT_EQ(ask("echo no such option >&2; exit 2", "cuda:0").value(), 0);
  EXPECT_EQ(ask("echo '{\"event\": \"ready\"}'", "cuda:0").value(), 0);
  EXPECT_EQ(ask("echo '{\"devices\": 7}'", "cuda:0").value(), 0);
  EXPECT_EQ(ask("head -c 1000000 /dev/zero", "cuda:0").value(), 0);
  EXPECT_EQ(device_offers("cuda:0", "/no/such/trainer").error().code, ErrorCode::not_found);
}

TEST_F(DeviceOffers, ATrainerThatHangsIsKilledAndNamedWithTheDriver) {
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

TEST_F(DeviceOffers, AChildThatKeepsThePipeOpenIsNotWaitedFor) {
  EXPECT_EQ(ask("sleep 1000 & " + std::string(kTwoGpus), "cuda:0").value(), 10200547328);
}

TEST_F(DeviceOffers, AWorkerIsRefusedAtItsStartAndAsksNobodyElse) {
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

TEST_F(DeviceOffers, WhereNobodyKnowsItJobsComeOneAtATime) {
  install(trainer(), kTwoGpus);
  Fleet fleet;
  fleet.start_worker({"--device", "cuda:1", "--trainer", trainer().string(), "--slots", "4"});
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return !fleet.coordinator.hellos().empty(); }))
      << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.hellos()[0].slots, 1);
  EXPECT_NE(fleet.worker_log().find("--memory says how much"), std::string::npos) << fleet.worker_log();
}

TEST_F(DeviceOffers, OneWorkerRunsAJobOnEachGpuOfItsHost) {
  Fleet fleet;
  fleet.start_worker({"--device", "cuda:all"});
  const std::string gate = (fleet.folder / "gate").string();
  std::vector<AttemptToken> jobs;
  for (int i = 0; i < 2; ++i)
    jobs.push_back(fleet.coordinator.add_job(R"({"do":"wait","model":"m","file":")" + gate + "\"}"));
  for (const AttemptToken& job : jobs) ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.hellos()[0].devices,
            (std::vector<DeviceOffer>{{"cuda:0", 2000}, {"cuda:1", 3000}}));
  EXPECT_EQ(fleet.coordinator.devices_of(jobs[0]), std::vector<std::string>{"cuda:0"});
  EXPECT_EQ(fleet.coordinator.devices_of(jobs[1]), std::vector<std::string>{"cuda:1"});
  for (const char* ready :
       {"slot 0 is ready: LibTorch none, none, cuda:0", "slot 1 is ready: LibTorch none, none, cuda:1"})
    EXPECT_NE(fleet.worker_log().find(ready), std::string::npos) << fleet.worker_log();
  std::ofstream(gate).put('x');
  for (const AttemptToken& job : jobs) EXPECT_TRUE(fleet.finishes(job)) << fleet.worker_log();
}

TEST_F(DeviceOffers, MemoryIsThatOfEachAndSlotsAreOnEach) {
  Fleet fleet;
  fleet.start_worker({"--device", "cuda:1,cuda:0", "--memory", "4KiB", "--slots", "3"});
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return !fleet.coordinator.hellos().empty(); }))
      << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.hellos()[0].devices,
            (std::vector<DeviceOffer>{{"cuda:1", 4096}, {"cuda:0", 4096}}));
  EXPECT_EQ(fleet.coordinator.hellos()[0].slots, 3);
}

TEST_F(DeviceOffers, SigtermEndsAWorkerWhoseTrainerHangsAtTheQuestion) {
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
