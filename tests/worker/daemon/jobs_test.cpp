#include <fstream>

#include <gtest/gtest.h>

#include "tests/worker/daemon/worker.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

TEST(Jobs, AResultArrivesWithItsModelAndNothingIsLeftInTheScratchFolder) {
  Fleet fleet;
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(R"({"do":"finish","model":"weights"})");
  ASSERT_TRUE(fleet.finishes(job)) << fleet.worker_log();
  const auto result = fleet.coordinator.results_of(job)[0];
  EXPECT_EQ(result.result.values[Metric::top1], 91.5);
  ASSERT_EQ(result.outputs.size(), 1U);
  EXPECT_EQ(fleet.coordinator.artifact(result.outputs[0].id), "weights");
  EXPECT_EQ(fleet.coordinator.reports().size(), 3U) << "two epochs and the result, each once";
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fs::is_empty(fleet.state() / "scratch"); }));
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fs::is_empty(fleet.state() / "spool"); }));
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fs::file_size(fleet.state() / "outbox") == 0; }));
  EXPECT_EQ(fleet.coordinator.log_of(job), std::vector<std::string>{"job: finish"});
}

TEST(Jobs, OneTrainerServesJobAfterJob) {
  Fleet fleet;
  fleet.start_worker();
  const auto first = fleet.coordinator.add_job(R"({"do":"finish"})");
  ASSERT_TRUE(fleet.finishes(first)) << fleet.worker_log();
  const auto trainers = fleet.processes("fake_trainer");
  ASSERT_EQ(trainers.size(), 1U);
  const auto second = fleet.coordinator.add_job(R"({"do":"finish"})");
  ASSERT_TRUE(fleet.finishes(second)) << fleet.worker_log();
  EXPECT_EQ(fleet.processes("fake_trainer"), trainers);
}

TEST(Jobs, SlotsTrainSideBySide) {
  Fleet fleet;
  fleet.start_worker({"--slots", "3"});
  const std::string gate = (fleet.folder / "gate").string();
  std::vector<AttemptToken> jobs;
  for (int i = 0; i < 3; ++i)
    jobs.push_back(fleet.coordinator.add_job(R"({"do":"wait","file":")" + gate + "\"}"));
  for (const auto& job : jobs) ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  std::ofstream(gate).put('x');
  for (const auto& job : jobs) EXPECT_TRUE(fleet.finishes(job)) << fleet.worker_log();
}

TEST(Jobs, WhatATrainerWroteBeforeItsLastEventIsInTheJobsLog) {
  Fleet fleet;
  fleet.start_worker();
  for (int i = 0; i < 20; ++i) {
    const auto job = fleet.coordinator.add_job(R"({"do":"fail","message":"no"})");
    ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
    EXPECT_EQ(fleet.coordinator.log_of(job), (std::vector<std::string>{"job: fail", "failing now"}));
  }
}

TEST(Jobs, AJobErrorComesInTheTrainersWords) {
  Fleet fleet;
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(R"({"do":"fail","message":"no such data set"})");
  ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
  EXPECT_EQ(*fleet.coordinator.failure_of(job), (AttemptFailed{FailureKind::job_error, "no such data set"}));
}

TEST(Jobs, ACrashIsReportedWithSignalAndLastWordsAndTheNextJobRuns) {
  Fleet fleet;
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(R"({"do":"crash"})");
  ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
  const auto failure = *fleet.coordinator.failure_of(job);
  EXPECT_EQ(failure.kind, FailureKind::trainer_died);
  EXPECT_NE(failure.message.find("signal 6"), std::string::npos) << failure.message;
  EXPECT_NE(failure.message.find("about to crash"), std::string::npos) << failure.message;
  EXPECT_TRUE(fleet.finishes(fleet.coordinator.add_job(R"({"do":"finish"})"))) << fleet.worker_log();
}

TEST(Jobs, ACrashCostsNoMoreThanTheLastCheckpointLeft) {
  Fleet fleet;
  fleet.coordinator.fill_disk(1);
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(R"({"do":"crash","checkpoints":3})");
  ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
  const auto reports = fleet.coordinator.reports();
  ASSERT_EQ(reports.size(), 2U);
  const auto* stored = std::get_if<CheckpointStored>(&reports[0].report.body);
  ASSERT_NE(stored, nullptr);
  EXPECT_EQ(stored->epoch, 3);
  EXPECT_EQ(fleet.coordinator.artifact(stored->artifact.id), "checkpoint of epoch 3");
  EXPECT_EQ(fleet.coordinator.failure_of(job)->kind, FailureKind::trainer_died);
}

TEST(Jobs, GarbageOnStandardOutputEndsTheTrainerNotTheWorker) {
  Fleet fleet;
  fleet.start_worker();
  for (const char* what : {"garbage", "long line"}) {
    const auto job = fleet.coordinator.add_job(R"({"do":")" + std::string(what) + "\"}");
    ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
    const auto failure = *fleet.coordinator.failure_of(job);
    EXPECT_EQ(failure.kind, FailureKind::trainer_died);
    EXPECT_NE(failure.message.find("protocol"), std::string::npos) << failure.message;
  }
  EXPECT_TRUE(fleet.finishes(fleet.coordinator.add_job(R"({"do":"finish"})"))) << fleet.worker_log();
}

TEST(Jobs, AMissingTrainerIsNamed) {
  Fleet fleet;
  fleet.start_worker({"--trainer", "/nowhere/spin-train"});
  const auto job = fleet.coordinator.add_job(R"({"do":"finish"})");
  ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.failure_of(job)->kind, FailureKind::job_error);
  EXPECT_NE(
      fleet.coordinator.failure_of(job)->message.find("/nowhere/spin-train cannot be started: No such file"),
      std::string::npos);
}

TEST(Jobs, ATrainerThatEndsBeforeItIsReadyIsAJobError) {
  Fleet fleet;
  fleet.start_worker({"--trainer", "/bin/false"});
  const auto job = fleet.coordinator.add_job(R"({"do":"finish"})");
  ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
  EXPECT_NE(fleet.coordinator.failure_of(job)->message.find("ended with exit code 1"), std::string::npos);
}

TEST(Jobs, AStoppedJobEndsAndItsTrainerStaysWarm) {
  Fleet fleet;
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(R"({"do":"wait","file":"/nowhere"})");
  ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  const auto trainers = fleet.processes("fake_trainer");
  fleet.coordinator.send(StopAttempt{job, "cancelled"});
  EXPECT_TRUE(fleet.finishes(fleet.coordinator.add_job(R"({"do":"finish"})"))) << fleet.worker_log();
  EXPECT_EQ(fleet.processes("fake_trainer"), trainers);
}

TEST(Jobs, ATrainerThatDoesNotHearStopIsKilledWithItsWholeGroup) {
  Fleet fleet;
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(R"({"do":"fork"})");
  ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.processes("fake_trainer").size() == 2; }));
  fleet.coordinator.send(StopAttempt{job, "cancelled"});
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.processes("fake_trainer").empty(); }));
  EXPECT_TRUE(fleet.finishes(fleet.coordinator.add_job(R"({"do":"finish"})"))) << fleet.worker_log();
}

}  // namespace
}  // namespace spin
