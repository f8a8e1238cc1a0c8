#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/worker/daemon/worker.h"

// A worker on a full disk, which is a limit of the size of its files: nothing is lost, and it goes on when
// there is room.

namespace spin {
namespace {

class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    std::string line = "(ulimit -S -f 1; exec";
    for (const auto& word : fleet_.worker_command()) line += " '" + word + "'";
    // What the worker says goes through a pipe, which has no limit.
    shell_ = std::make_unique<Process>(std::vector<std::string>{"/bin/sh", "-c", line + ") 2>&1 | cat"},
                                       fleet_.folder / "shell.log", fleet_.mark);
    ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return !fleet_.coordinator.hellos().empty(); })) << log();
  }
  void make_room() {
    for (const auto pid : fleet_.processes()) {
      rlimit now{};
      ASSERT_EQ(::prlimit(pid, RLIMIT_FSIZE, nullptr, &now), 0);
      const rlimit wide{now.rlim_max, now.rlim_max};
      ASSERT_EQ(::prlimit(pid, RLIMIT_FSIZE, &wide, nullptr), 0);
    }
  }
  [[nodiscard]] std::string log() const { return shell_->output(); }

  Fleet fleet_;
  std::unique_ptr<Process> shell_;
};

TEST_F(FullDisk, ResultsWaitForRoomInTheOutbox) {
  const auto job = fleet_.coordinator.add_job(R"({"do":"finish","model":"weights","epochs":30})");
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] {
    return log().find("results wait, they cannot be kept: ") != std::string::npos;
  })) << log();
  EXPECT_TRUE(fleet_.coordinator.results_of(job).empty()) << "not before it is durable";
  make_room();
  ASSERT_TRUE(fleet_.finishes(job)) << log();
  std::vector<int> epochs;
  for (const auto& kept : fleet_.coordinator.reports())
    if (const auto* epoch = std::get_if<EpochFinished>(&kept.report.body))
      epochs.push_back(epoch->metrics.epoch);
  ASSERT_EQ(epochs.size(), 30U) << "each once";
  for (int i = 0; i < 30; ++i) EXPECT_EQ(epochs[static_cast<std::size_t>(i)], i + 1);
}

TEST_F(FullDisk, AJobWhoseInputsFindNoRoomIsGivenBack) {
  const auto checkpoint =
      fleet_.coordinator.put_artifact(std::string(100'000, 'c'), ArtifactKind::checkpoint);
  const auto job = fleet_.coordinator.add_job(R"({"do":"finish"})", {}, checkpoint);
  ASSERT_TRUE(fleet_.fails(job)) << log();
  EXPECT_EQ(fleet_.coordinator.failure_of(job)->kind, FailureKind::refused);
  EXPECT_NE(fleet_.coordinator.failure_of(job)->message.find("checkpoint: cannot keep it"), std::string::npos)
      << fleet_.coordinator.failure_of(job)->message;
  make_room();
  EXPECT_TRUE(fleet_.finishes(fleet_.coordinator.add_job(R"({"do":"finish"})", {}, checkpoint))) << log();
}

TEST(TrainersDisk, WithoutRoomForTheModelFailsNoJob) {
  Fleet fleet;
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(
      R"({"do":"fail","message":"model.safetensors: No space left on device","cause":"disk full"})");
  ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.failure_of(job)->kind, FailureKind::refused);
  EXPECT_NE(fleet.worker_log().find("No space left on device"), std::string::npos) << fleet.worker_log();
  EXPECT_TRUE(fleet.finishes(fleet.coordinator.add_job(R"({"do":"finish"})"))) << fleet.worker_log();
}

}  // namespace
}  // namespace spin
