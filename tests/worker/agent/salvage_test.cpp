#include "tests/worker/agent/harness.h"

// What a dead trainer has reached is not lost with it.

namespace spin::agent {
namespace {

const TrainerExited kCrash{0, {true, 11}};

/// Trains job 1 and says that the checkpoint of this epoch is written.
void train_to(Harness& worker, int epoch) {
  worker.start_training(lease_of(1));
  worker.now += worker.settings.checkpoint_interval;
  worker.say(CheckpointEvent{"", epoch});
}

TEST(Salvage, ACheckpointOnItsWayArrivesBeforeTheFailureIsReported) {
  Harness worker;
  train_to(worker, 4);
  worker.step(kCrash);
  EXPECT_TRUE(worker.last<CancelTransfers>().empty());
  EXPECT_TRUE(worker.last<Persist>().empty());
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}}) << "the slot does not wait";
  EXPECT_EQ(worker.agent.held(), (std::vector<HeldAttempt>{{{3, 1}, {}}}));
  worker.step(Uploaded{{3, 1}, artifact_of(5, ArtifactKind::checkpoint)});
  const auto persisted = worker.last<Persist>();
  ASSERT_EQ(persisted.size(), 2U);
  EXPECT_EQ(std::get<CheckpointStored>(persisted[0].report.report.body).epoch, 4);
  EXPECT_EQ(std::get<AttemptFailed>(persisted[1].report.report.body).kind, FailureKind::trainer_died);
  EXPECT_EQ(worker.last<RemoveScratch>().size(), 1U);
}

TEST(Salvage, ANewerCheckpointTakesThePlaceOfTheOneOnItsWay) {
  Harness worker;
  train_to(worker, 4);
  worker.say(CheckpointEvent{"", 5});
  worker.step(kCrash);
  EXPECT_EQ(worker.last<CancelTransfers>().size(), 1U);
  ASSERT_EQ(worker.last<UploadCheckpoint>().size(), 1U);
  EXPECT_TRUE(worker.last<RemoveScratch>().empty());
  worker.step(Uploaded{{3, 1}, artifact_of(5, ArtifactKind::checkpoint)});
  ASSERT_EQ(worker.kept<CheckpointStored>().size(), 1U);
  EXPECT_EQ(worker.kept<CheckpointStored>()[0].epoch, 5);
}

TEST(Salvage, OneThatCameTooSoonForAnUploadIsUploadedNow) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(CheckpointEvent{"", 1});
  ASSERT_TRUE(worker.all<UploadCheckpoint>().empty());
  worker.step(TrainerBroke{0, {ErrorCode::invalid_argument, "no JSON"}});
  EXPECT_EQ(worker.last<UploadCheckpoint>().size(), 1U);
}

TEST(Salvage, WhatTheCoordinatorHasIsNotUploadedAgain) {
  Harness worker;
  train_to(worker, 4);
  worker.step(Uploaded{{3, 1}, artifact_of(5, ArtifactKind::checkpoint)});
  worker.step(kCrash);
  EXPECT_TRUE(worker.last<UploadCheckpoint>().empty());
  EXPECT_EQ(worker.kept<AttemptFailed>().size(), 1U);
}

TEST(Salvage, TheFailureDoesNotWaitForEver) {
  Harness worker;
  train_to(worker, 4);
  worker.step(kCrash);
  worker.pass(worker.settings.salvage_limit - Millis(1));
  EXPECT_TRUE(worker.last<Persist>().empty());
  worker.pass(Millis(1));
  EXPECT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.last<CancelTransfers>().size(), 1U);
}

TEST(Salvage, AFileThatCannotBeReadOrAnEndAtOnceEndsIt) {
  Harness unreadable;
  train_to(unreadable, 4);
  unreadable.step(kCrash);
  unreadable.step(UploadFailed{{3, 1}, ArtifactKind::checkpoint, {ErrorCode::not_found, "gone"}});
  EXPECT_EQ(unreadable.kept<AttemptFailed>().size(), 1U);

  Harness stopped;
  train_to(stopped, 4);
  stopped.step(kCrash);
  stopped.terminate(TerminateRequested::How::at_once);
  EXPECT_TRUE(stopped.exit());
  ASSERT_EQ(stopped.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(stopped.kept<AttemptFailed>()[0].kind, FailureKind::trainer_died);
}

TEST(Salvage, AStopEndsItWithoutAReport) {
  Harness worker;
  train_to(worker, 4);
  worker.step(kCrash);
  worker.step(Received{StopAttempt{{3, 1}, "cancelled"}});
  EXPECT_EQ(worker.last<CancelTransfers>().size(), 1U);
  EXPECT_TRUE(worker.last<Persist>().empty());
  EXPECT_TRUE(worker.agent.held().empty());
}

}  // namespace
}  // namespace spin::agent
