#include "tests/worker/agent/harness.h"

// A paused job keeps what it has learnt: its trainer saves, and the checkpoint travels before the token is
// forgotten.

namespace spin::agent {
namespace {

const Received kPause{StopAttempt{{3, 1}, "paused", true}};
const AttemptFailed kPaused{FailureKind::refused, "paused"};
const Uploaded kUploaded{{3, 1}, artifact_of(5, ArtifactKind::checkpoint)};

/// Trains job 1, which is then paused.
void pause_training(Harness& worker) {
  worker.start_training(lease_of(1));
  worker.step(kPause);
}

TEST(Pause, TheCheckpointIsUploadedBeforeTheAttemptEnds) {
  Harness worker;
  pause_training(worker);
  ASSERT_EQ(worker.last<CommandTrainer>().size(), 1U);
  EXPECT_EQ(std::get<StopCommand>(worker.last<CommandTrainer>()[0].command), StopCommand{true});
  worker.say(CheckpointEvent{"", 0});
  EXPECT_TRUE(worker.last<UploadCheckpoint>().empty()) << "the trainer may still write to it";
  worker.say(StoppedEvent{});
  EXPECT_EQ(worker.last<UploadCheckpoint>().size(), 1U);
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}}) << "the slot is free while it travels";
  EXPECT_EQ(worker.agent.held(), (std::vector<HeldAttempt>{{{3, 1}, {}}}));
  EXPECT_TRUE(worker.all<RemoveScratch>().empty());

  worker.step(kUploaded);
  ASSERT_EQ(worker.kept<CheckpointStored>().size(), 1U);
  EXPECT_EQ(worker.kept<CheckpointStored>()[0].epoch, 0) << "within the first epoch";
  EXPECT_EQ(worker.kept<AttemptFailed>(), std::vector<AttemptFailed>{kPaused});
  EXPECT_EQ(worker.last<RemoveScratch>().size(), 1U);
  worker.persist();
  worker.acknowledge_all();
  EXPECT_TRUE(worker.agent.held().empty());
  EXPECT_TRUE(worker.all<KillTrainer>().empty()) << "the trainer stays warm";
}

TEST(Pause, TheNextJobRunsWhileTheCheckpointTravels) {
  Harness worker;
  pause_training(worker);
  worker.say(CheckpointEvent{"", 2});
  worker.say(StoppedEvent{});
  worker.step(leased(lease_of(2)));
  EXPECT_EQ(worker.last<CommandTrainer>().size(), 1U);
  worker.step(kUploaded);
  EXPECT_EQ(worker.kept<AttemptFailed>(), std::vector<AttemptFailed>{kPaused});
}

TEST(Pause, ACheckpointOfTheSameEpochReplacesTheStoredOne) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.now += worker.settings.checkpoint_interval;
  worker.say(CheckpointEvent{"", 4});
  worker.step(kUploaded);
  worker.step(kPause);
  worker.say(CheckpointEvent{"", 4});  // of a step within the fifth
  worker.say(StoppedEvent{});
  ASSERT_EQ(worker.last<UploadCheckpoint>().size(), 1U);
  worker.step(Uploaded{{3, 1}, artifact_of(6, ArtifactKind::checkpoint)});
  ASSERT_EQ(worker.kept<CheckpointStored>().size(), 1U);
  EXPECT_EQ(worker.kept<CheckpointStored>()[0],
            (CheckpointStored{artifact_of(6, ArtifactKind::checkpoint), 4}));
}

TEST(Pause, WhereNothingIsNewNothingTravels) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.now += worker.settings.checkpoint_interval;
  worker.say(CheckpointEvent{"", 4});
  worker.step(kUploaded);
  worker.step(kPause);
  worker.say(StoppedEvent{});
  EXPECT_TRUE(worker.last<UploadCheckpoint>().empty());
  EXPECT_EQ(worker.kept<AttemptFailed>(), std::vector<AttemptFailed>{kPaused});
}

TEST(Pause, AnOlderCheckpointOnItsWayArrivesOrGivesWay) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.now += worker.settings.checkpoint_interval;
  worker.say(CheckpointEvent{"", 4});
  worker.step(kPause);
  EXPECT_TRUE(worker.last<CancelTransfers>().empty());
  worker.step(kUploaded);
  ASSERT_EQ(worker.kept<CheckpointStored>().size(), 1U);
  EXPECT_EQ(worker.kept<CheckpointStored>()[0].epoch, 4);

  Harness slow;
  slow.start_training(lease_of(1));
  slow.now += slow.settings.checkpoint_interval;
  slow.say(CheckpointEvent{"", 4});
  slow.step(kPause);
  slow.say(CheckpointEvent{"", 4});
  slow.say(StoppedEvent{});
  EXPECT_EQ(slow.last<CancelTransfers>().size(), 1U);
  EXPECT_EQ(slow.last<UploadCheckpoint>().size(), 1U);
}

TEST(Pause, ATrainerThatDoesNotAnswerIsKilledAndItsLastCheckpointTravels) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(CheckpointEvent{"", 3});
  worker.step(kPause);
  worker.pass(worker.settings.save_limit - Millis(1));
  EXPECT_TRUE(worker.all<KillTrainer>().empty());
  worker.pass(Millis(1));
  EXPECT_EQ(worker.last<KillTrainer>().size(), 1U);
  worker.step(TrainerExited{0, {true, 9}});
  EXPECT_EQ(worker.last<UploadCheckpoint>().size(), 1U);
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}});
  worker.step(kUploaded);
  EXPECT_EQ(worker.kept<CheckpointStored>()[0].epoch, 3);
  EXPECT_EQ(worker.kept<AttemptFailed>(), std::vector<AttemptFailed>{kPaused});
}

TEST(Pause, ATrainerThatTheHostEndsMeanwhileHasPausedAsWell) {
  Harness worker;
  pause_training(worker);
  worker.say(CheckpointEvent{"", 1});
  worker.step(TrainerExited{0, {true, 15}});
  worker.step(kUploaded);
  EXPECT_EQ(worker.kept<AttemptFailed>(), std::vector<AttemptFailed>{kPaused});
}

TEST(Pause, ATrainerThatDiesOfItselfIsToldOfAsSuch) {
  Harness worker;
  pause_training(worker);
  worker.step(TrainerExited{0, {true, 11}});
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::trainer_died);
}

TEST(Pause, AJobThatFinishesMeanwhileIsDelivered) {
  Harness worker;
  pause_training(worker);
  worker.say(epoch_event(2));
  EXPECT_EQ(worker.kept<EpochFinished>().size(), 1U);
  worker.finish_training();
  EXPECT_EQ(worker.kept<AttemptFinished>().size(), 1U);
}

TEST(Pause, AJobThatFailsMeanwhileSaysSo) {
  Harness worker;
  pause_training(worker);
  worker.say(FailedEvent{"checkpoint.safetensors: Input/output error"});
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::job_error);
}

TEST(Pause, WhatHasNotBegunEndsAtOnce) {
  Harness worker;
  worker.welcome();
  worker.step(leased(lease_of(1)));
  worker.step(kPause);
  EXPECT_EQ(worker.kept<AttemptFailed>(), std::vector<AttemptFailed>{kPaused});
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}});
  worker.ready();
  EXPECT_TRUE(worker.all<CommandTrainer>().empty());
}

TEST(Pause, SaidTwiceItIsDoneOnce) {
  Harness worker;
  pause_training(worker);
  worker.step(kPause);
  EXPECT_TRUE(worker.last<CommandTrainer>().empty());
  worker.say(CheckpointEvent{"", 1});
  worker.say(StoppedEvent{});
  worker.step(kPause);
  EXPECT_TRUE(worker.last<CancelTransfers>().empty()) << "its checkpoint is on the way";
}

TEST(Pause, ACancelTakesItsPlace) {
  Harness worker;
  pause_training(worker);
  worker.step(Received{StopAttempt{{3, 1}, "cancelled"}});
  ASSERT_EQ(worker.last<CommandTrainer>().size(), 1U);
  EXPECT_EQ(std::get<StopCommand>(worker.last<CommandTrainer>()[0].command), StopCommand{false});
  worker.step(kPause);
  EXPECT_TRUE(worker.last<CommandTrainer>().empty());
  worker.pass(worker.settings.stop_grace);
  EXPECT_EQ(worker.last<KillTrainer>().size(), 1U);
  worker.step(TrainerExited{0, {true, 9}});
  EXPECT_TRUE(worker.agent.held().empty());
  EXPECT_TRUE(worker.all<Persist>().empty());

  Harness travelling;
  pause_training(travelling);
  travelling.say(CheckpointEvent{"", 1});
  travelling.say(StoppedEvent{});
  travelling.step(Received{StopAttempt{{3, 1}, "cancelled"}});
  EXPECT_EQ(travelling.last<CancelTransfers>().size(), 1U);
  EXPECT_TRUE(travelling.agent.held().empty());
}

TEST(Pause, ASalvageGoesOn) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(CheckpointEvent{"", 1});
  worker.step(TrainerExited{0, {true, 11}});
  worker.step(kPause);
  EXPECT_TRUE(worker.last<CancelTransfers>().empty());
  worker.step(kUploaded);
  EXPECT_EQ(worker.kept<CheckpointStored>().size(), 1U);
}

TEST(Pause, TheCoordinatorMayBeAwayMeanwhile) {
  Harness worker;
  pause_training(worker);
  worker.step(LinkLost{{ErrorCode::unavailable, "gone"}});
  worker.say(CheckpointEvent{"", 1});
  worker.say(StoppedEvent{});
  worker.run_for(Millis(100));
  EXPECT_EQ(worker.last<Connect>()[0].hello.held, (std::vector<HeldAttempt>{{{3, 1}, {}}}));
  worker.welcome();
  worker.step(kUploaded);
  worker.persist();
  const auto sent = worker.sent<SequencedReport>();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<CheckpointStored>(sent[0].report.body));
  EXPECT_EQ(std::get<AttemptFailed>(sent[1].report.body), kPaused);
}

}  // namespace
}  // namespace spin::agent
