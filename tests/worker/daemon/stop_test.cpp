#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include <gtest/gtest.h>
#include <unistd.h>

#include "schema/base/stop_signal_set.h"
#include "tests/worker/daemon/worker.h"

// The ways in which hosts, terminals and people end a worker, its trainers, or all of them at once.

namespace spin {
namespace {

namespace fs = std::filesystem;

const char* const kUntilStopped = R"({"do":"wait","file":"/nowhere"})";

enum class Whom {
  worker,
  trainer_first,  ///< then the worker
  worker_first,   ///< then the trainer
  all_twice,      ///< worker and trainer, and again a moment later
};

struct Way {
  const char* name;
  int signal;
  Whom whom;
};

const Way kWays[] = {{"TermToTheWorker", SIGTERM, Whom::worker},
                     {"HangUpOfTheTerminal", SIGHUP, Whom::worker},
                     {"InterruptOfTheTerminal", SIGINT, Whom::worker},
                     {"TermToTheGroupWorkerFirst", SIGTERM, Whom::worker_first},
                     {"TermToTheGroupTrainerFirst", SIGTERM, Whom::trainer_first},
                     {"TermToAllTwice", SIGTERM, Whom::all_twice},
                     {"HangUpOfTheGroup", SIGHUP, Whom::trainer_first}};

/// The checkpoint that the coordinator heard of before its attempt ended, or with it.
std::optional<ArtifactRef> saved_checkpoint(const FakeCoordinator& coordinator) {
  for (const auto& kept : coordinator.reports()) {
    if (const auto* stored = std::get_if<CheckpointStored>(&kept.report.body)) return stored->artifact;
    if (const auto* failed = std::get_if<AttemptFailed>(&kept.report.body)) return failed->checkpoint;
  }
  return std::nullopt;
}

class PlannedStop : public testing::TestWithParam<Way> {};

void send(Fleet& fleet, const Way& way) {
  const auto trainers = fleet.processes("fake_trainer");
  const auto tell_trainers = [&] {
    for (const auto pid : trainers) ::kill(pid, way.signal);
  };
  if (way.whom == Whom::trainer_first) tell_trainers();
  fleet.worker().signal(way.signal);
  if (way.whom != Whom::worker && way.whom != Whom::trainer_first) tell_trainers();
  if (way.whom != Whom::all_twice) return;
  fleet.worker().signal(way.signal);
  tell_trainers();
}

TEST_P(PlannedStop, SavesUploadsAndCostsNothing) {
  ::signal(GetParam().signal, SIG_DFL);  // which who runs the tests may ignore
  Fleet fleet;
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(kUntilStopped);
  ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  send(fleet, GetParam());
  EXPECT_EQ(fleet.worker().wait(Fleet::kDeadline), 0) << fleet.worker_log();
  ASSERT_TRUE(fleet.coordinator.failure_of(job)) << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.failure_of(job)->kind, FailureKind::refused)
      << fleet.coordinator.failure_of(job)->message;
  const auto saved = saved_checkpoint(fleet.coordinator);
  ASSERT_TRUE(saved) << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.artifact(saved->id), "checkpoint of epoch 0") << "within the first epoch";
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.processes().empty(); }));
}

INSTANTIATE_TEST_SUITE_P(Worker, PlannedStop, testing::ValuesIn(kWays),
                         [](const auto& test) { return test.param.name; });

TEST(Stop, TrainersThatDieOfTheSignalCostNothingHoweverOften) {
  ::setenv("SPIN_FAKE_MORTAL", "1", 1);
  Fleet fleet;
  for (int stop = 0; stop < 4; ++stop) {
    fleet.start_worker();
    const auto job = fleet.coordinator.add_job(kUntilStopped);
    ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
    for (const auto pid : fleet.processes("fake_trainer")) ::kill(pid, SIGTERM);
    fleet.worker().signal(SIGTERM);
    EXPECT_EQ(fleet.worker().wait(Fleet::kDeadline), 0) << fleet.worker_log();
    ASSERT_TRUE(fleet.coordinator.failure_of(job)) << fleet.worker_log();
    EXPECT_EQ(fleet.coordinator.failure_of(job)->kind, FailureKind::refused);
  }
  ::unsetenv("SPIN_FAKE_MORTAL");
}

TEST(Stop, ATrainerAloneThatIsStoppedGivesItsJobBackAndTheWorkerGoesOn) {
  Fleet fleet;
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(kUntilStopped);
  ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  for (const auto pid : fleet.processes("fake_trainer")) ::kill(pid, SIGTERM);
  ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.failure_of(job)->kind, FailureKind::refused);
  EXPECT_TRUE(fleet.finishes(fleet.coordinator.add_job(R"({"do":"finish"})"))) << fleet.worker_log();
}

TEST(Stop, WhatAKillOfAllAfterwardsLeavesUnsentIsDeliveredByTheNextStart) {
  Fleet fleet;
  fleet.coordinator.fill_disk(1'000'000);
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(kUntilStopped);
  ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  fleet.worker().signal(SIGTERM);
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] {
    return fleet.worker_log().find("upload of a result waits") != std::string::npos;
  })) << fleet.worker_log();
  for (const auto pid : fleet.processes()) ::kill(pid, SIGKILL);
  ASSERT_EQ(fleet.worker().wait(Fleet::kDeadline), 128 + SIGKILL);
  EXPECT_FALSE(fleet.coordinator.failure_of(job));
  fleet.coordinator.fill_disk(0);
  fleet.start_worker();
  ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.failure_of(job)->kind, FailureKind::refused);
  const auto saved = saved_checkpoint(fleet.coordinator);
  ASSERT_TRUE(saved) << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.artifact(saved->id), "checkpoint of epoch 0");
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fs::is_empty(fleet.state() / "kept"); }));
}

TEST(Stop, ATrainerThatDoesNotSaveInTimeIsKilled) {
  Fleet fleet;
  fleet.start_worker({"--save-seconds", "1"});
  const auto job = fleet.coordinator.add_job(R"({"do":"fork"})");
  ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  fleet.worker().signal(SIGTERM);
  EXPECT_EQ(fleet.worker().wait(Fleet::kDeadline), 0) << fleet.worker_log();
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.processes().empty(); }));
  ASSERT_TRUE(fleet.coordinator.failure_of(job));
  EXPECT_EQ(fleet.coordinator.failure_of(job)->kind, FailureKind::refused);
}

TEST(Stop, NeedsNoCoordinator) {
  Fleet fleet;
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(kUntilStopped);
  ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  fleet.coordinator.stop();
  fleet.worker().signal(SIGTERM);
  EXPECT_EQ(fleet.worker().wait(Fleet::kDeadline), 0) << fleet.worker_log();
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.processes().empty(); }));
  fleet.coordinator.start();
  fleet.start_worker();
  ASSERT_TRUE(fleet.fails(job)) << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.failure_of(job)->kind, FailureKind::refused);
  const auto saved = saved_checkpoint(fleet.coordinator);
  ASSERT_TRUE(saved) << "the coordinator went before its worker, as when a host stops all at once";
  EXPECT_EQ(fleet.coordinator.artifact(saved->id), "checkpoint of epoch 0");
}

TEST(Stop, OnTermDrainLetsTheJobFinish) {
  Fleet fleet;
  fleet.start_worker({"--on-term", "drain"});
  const std::string gate = (fleet.folder / "gate").string();
  const auto job = fleet.coordinator.add_job(R"({"do":"wait","file":")" + gate + "\"}");
  ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  fleet.worker().signal(SIGTERM);
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.coordinator.is_draining(); }));
  EXPECT_TRUE(fleet.worker().running());
  std::ofstream(gate).put('x');
  EXPECT_EQ(fleet.worker().wait(Fleet::kDeadline), 0) << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.results_of(job).size(), 1U);
  EXPECT_TRUE(fleet.processes().empty());
}

TEST(Stop, OnTermDrainASecondSignalStops) {
  Fleet fleet;
  fleet.start_worker({"--on-term", "drain"});
  const auto job = fleet.coordinator.add_job(kUntilStopped);
  ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  fleet.worker().signal(SIGTERM);
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.coordinator.is_draining(); }));
  fleet.worker().signal(SIGTERM);
  EXPECT_EQ(fleet.worker().wait(Fleet::kDeadline), 0) << fleet.worker_log();
  ASSERT_TRUE(fleet.coordinator.failure_of(job));
  EXPECT_EQ(fleet.coordinator.failure_of(job)->kind, FailureKind::refused);
}

TEST(Stop, ASignalThatComesWhileTheProcessLeavesDoesNotKillIt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const int number : {SIGTERM, SIGHUP, SIGINT}) {
    ::signal(number, SIG_DFL);
    const auto leave = [number] {
      {
        boost::asio::io_context io;
        boost::asio::signal_set set(io);
        hear_stop_signals(set);
      }
      ::raise(number);
      ::_exit(0);
    };
    EXPECT_EXIT(leave(), testing::ExitedWithCode(0), "") << number;
  }
}

TEST(Stop, UnderNohupAHangUpIsIgnored) {
  Fleet fleet;
  std::string line = "trap '' HUP; exec";
  for (const auto& word : fleet.worker_command()) line += " '" + word + "'";
  Process worker({"/bin/sh", "-c", line}, fleet.folder / "worker.log", fleet.mark);
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return !fleet.coordinator.hellos().empty(); }))
      << worker.output();
  worker.signal(SIGHUP);
  EXPECT_TRUE(fleet.finishes(fleet.coordinator.add_job(R"({"do":"finish"})"))) << worker.output();
  EXPECT_FALSE(fleet.coordinator.is_draining());
}

}  // namespace
}  // namespace spin
