#include <csignal>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/worker/daemon/worker.h"

// Jobs that are paused or stopped while their trainer works, hangs or is frozen.

namespace spin {
namespace {

namespace fs = std::filesystem;

const char* const kEndless = R"({"do":"wait","file":"/nowhere"})";
const AttemptFailed kPaused{FailureKind::refused, "paused"};

/// The only checkpoint that was reported; it must have come before the end of its attempt.
CheckpointStored stored(const FakeCoordinator& coordinator) {
  const auto reports = coordinator.reports();
  const auto* checkpoint =
      reports.size() == 2 ? std::get_if<CheckpointStored>(&reports[0].report.body) : nullptr;
  EXPECT_NE(checkpoint, nullptr) << reports.size() << " reports";
  return checkpoint == nullptr ? CheckpointStored{} : *checkpoint;
}

TEST(Pause, ACheckpointArrivesAndAnotherWorkerGoesOnFromIt) {
  Fleet fleet;
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(kEndless);
  ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  const auto trainers = fleet.processes("fake_trainer");
  fleet.coordinator.send(StopAttempt{job, "paused", true});
  ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
  EXPECT_EQ(*fleet.coordinator.failure_of(job), kPaused);
  const auto checkpoint = stored(fleet.coordinator);
  EXPECT_EQ(checkpoint.epoch, 0) << "within the first epoch";
  EXPECT_EQ(fleet.coordinator.artifact(checkpoint.artifact.id), "checkpoint of epoch 0");
  EXPECT_EQ(fleet.processes("fake_trainer"), trainers) << "the trainer stays warm";
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fs::is_empty(fleet.state() / "scratch"); }));

  fleet.worker().signal(SIGTERM);
  ASSERT_EQ(fleet.worker().wait(Fleet::kDeadline), 0) << fleet.worker_log();
  fleet.start_worker({"--name", "w2", "--state", (fleet.folder / "state2").string()});
  const auto again = fleet.coordinator.add_job(R"({"do":"finish","model":"m"})", {}, checkpoint.artifact);
  ASSERT_TRUE(fleet.finishes(again)) << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.artifact(fleet.coordinator.results_of(again)[0].outputs.at(0).id),
            "m[checkpoint of epoch 0]");
}

TEST(Pause, TheSlotIsFreeWhileTheCheckpointTravels) {
  Fleet fleet;
  fleet.coordinator.fill_disk(1'000'000);
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(kEndless);
  ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  fleet.coordinator.send(StopAttempt{job, "paused", true});
  const auto next = fleet.coordinator.add_job(kEndless);
  EXPECT_TRUE(fleet.starts(next)) << fleet.worker_log();
  EXPECT_FALSE(fleet.coordinator.failure_of(job));
  fleet.coordinator.fill_disk(0);
  EXPECT_TRUE(fleet.fails(job)) << fleet.worker_log();
  EXPECT_EQ(stored(fleet.coordinator).epoch, 0);
}

TEST(Pause, ATrainerThatDoesNotHearIsKilledAndItsLastCheckpointKept) {
  Fleet fleet;
  fleet.start_worker({"--save-seconds", "1"});
  const auto job = fleet.coordinator.add_job(R"({"do":"hang","checkpoints":3})");
  ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  fleet.coordinator.send(StopAttempt{job, "paused", true});
  ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
  EXPECT_EQ(*fleet.coordinator.failure_of(job), kPaused);
  EXPECT_EQ(fleet.coordinator.artifact(stored(fleet.coordinator).artifact.id), "checkpoint of epoch 3");
  EXPECT_TRUE(fleet.finishes(fleet.coordinator.add_job(R"({"do":"finish"})"))) << fleet.worker_log();
}

TEST(Pause, AFrozenTrainerIsKilledByAStop) {
  Fleet fleet;
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(kEndless);
  ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  const auto trainers = fleet.processes("fake_trainer");
  ASSERT_EQ(trainers.size(), 1U);
  ASSERT_EQ(::kill(trainers[0], SIGSTOP), 0);
  fleet.coordinator.send(StopAttempt{job, "cancelled"});
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.processes("fake_trainer") != trainers; }));
  EXPECT_TRUE(fleet.finishes(fleet.coordinator.add_job(R"({"do":"finish"})"))) << fleet.worker_log();
  EXPECT_TRUE(fleet.coordinator.reports().size() == 3) << "nobody waits for a word of the stopped one";
}

TEST(Pause, AFrozenTrainerThatGoesOnFinishesItsJob) {
  Fleet fleet;
  fleet.start_worker();
  const std::string gate = (fleet.folder / "gate").string();
  const auto job = fleet.coordinator.add_job(R"({"do":"wait","file":")" + gate + "\"}");
  ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  const auto trainers = fleet.processes("fake_trainer");
  ASSERT_EQ(trainers.size(), 1U);
  ASSERT_EQ(::kill(trainers[0], SIGSTOP), 0);
  std::ofstream(gate).put('x');
  // The worker serves its link all the while.
  const auto beats = fleet.coordinator.heartbeats();
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.coordinator.heartbeats() > beats; }));
  EXPECT_TRUE(fleet.coordinator.results_of(job).empty());
  ASSERT_EQ(::kill(trainers[0], SIGCONT), 0);
  EXPECT_TRUE(fleet.finishes(job)) << fleet.worker_log();
}

}  // namespace
}  // namespace spin
