#include <csignal>

#include "tests/worker/agent/harness.h"

// A planned stop saves what the running jobs have learnt and costs them nothing, whichever processes the host
// signals, in whichever order and how often.

namespace spin::agent {
namespace {

using How = TerminateRequested::How;

const ArtifactRef kSaved = artifact_of(5, ArtifactKind::checkpoint);
const ArtifactKept kSavedKept{{3, 1}, artifact_of(5, ArtifactKind::checkpoint)};
const Uploaded kSavedUploaded{{3, 1}, artifact_of(5, ArtifactKind::checkpoint)};
const AttemptFailed kStoppedWorker{FailureKind::refused, "the worker was stopped"};

AttemptFailed stopped_with_checkpoint_of(int epoch) {
  return {FailureKind::refused, "the worker was stopped", kSaved, epoch};
}

/// The trainer has saved; the checkpoint is kept, the outbox tells of it, and once it is uploaded the
/// coordinator hears of both; the worker then leaves.
void expect_saved_and_left(Harness& worker, int epoch = 0) {
  ASSERT_EQ(worker.last<KeepArtifact>().size(), 1U);
  EXPECT_EQ(worker.last<KeepArtifact>()[0].path, "/scratch/3-1/checkpoint.safetensors");
  EXPECT_FALSE(worker.exit());
  worker.step(kSavedKept);
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0], stopped_with_checkpoint_of(epoch));
  ASSERT_EQ(worker.last<UploadKept>().size(), 1U);
  worker.persist();
  EXPECT_TRUE(worker.sent<SequencedReport>().empty()) << "not before the checkpoint is there";
  worker.step(kSavedUploaded);
  EXPECT_EQ(worker.sent<SequencedReport>().size(), 1U);
  EXPECT_FALSE(worker.exit()) << "not before it is acknowledged";
  worker.acknowledge_all();
  ASSERT_TRUE(worker.exit());
  EXPECT_EQ(worker.exit()->code, 0);
}

TEST(Stop, RunningJobsSaveAndAreGivenBack) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.terminate(How::stop);
  EXPECT_EQ(worker.sent<Draining>().size(), 1U);
  ASSERT_EQ(worker.last<CommandTrainer>().size(), 1U);
  EXPECT_EQ(std::get<StopCommand>(worker.last<CommandTrainer>()[0].command), StopCommand{true});
  worker.say(CheckpointEvent{"", 0});
  worker.say(StoppedEvent{});
  expect_saved_and_left(worker);
}

TEST(Stop, AskedForAgainItSavesNothingLess) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.terminate(How::stop);
  worker.pass(Millis(1'000));
  worker.terminate(How::stop);
  EXPECT_TRUE(worker.last<CommandTrainer>().empty());
  EXPECT_TRUE(worker.all<KillTrainer>().empty());
  worker.say(CheckpointEvent{"", 0});
  worker.terminate(How::stop);
  worker.say(StoppedEvent{});
  worker.terminate(How::stop);
  EXPECT_TRUE(worker.last<CancelTransfers>().empty());
  worker.step(kSavedKept);
  EXPECT_EQ(worker.kept<AttemptFailed>(), std::vector<AttemptFailed>{stopped_with_checkpoint_of(0)});
}

TEST(Stop, ComesAfterADrainToo) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.terminate(How::drain);
  EXPECT_TRUE(worker.last<CommandTrainer>().empty());
  worker.terminate(How::stop);
  EXPECT_TRUE(worker.sent<Draining>().empty()) << "said already";
  worker.say(CheckpointEvent{"", 2});
  worker.say(StoppedEvent{});
  expect_saved_and_left(worker, 2);
}

TEST(Stop, ATrainerThatGotTheSameSignalHasStopped) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.terminate(How::stop);
  worker.say(CheckpointEvent{"", 0});
  worker.say(StoppedEvent{SIGTERM});
  expect_saved_and_left(worker);
}

TEST(Stop, ATrainerThatGotItFirstHasStopped) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(CheckpointEvent{"", 0});
  worker.say(StoppedEvent{SIGTERM});
  EXPECT_EQ(worker.last<UploadCheckpoint>().size(), 1U);
  EXPECT_TRUE(worker.sent<Credits>().empty()) << "no job for a trainer that ends";
  worker.terminate(How::stop);
  EXPECT_EQ(worker.last<KeepArtifact>().size(), 1U);
  worker.step(TrainerExited{0, {true, SIGTERM}});
  worker.step(kSavedKept);
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0],
            (AttemptFailed{FailureKind::refused, "the trainer was stopped by signal 15", kSaved, 0}));
  worker.persist();
  worker.step(kSavedUploaded);
  worker.acknowledge_all();
  EXPECT_TRUE(worker.exit());
}

TEST(Stop, ATrainerThatDiesOfTheSignalWithoutAWordIsNoCulprit) {
  for (const ProcessEnd& end : {ProcessEnd{true, SIGTERM}, ProcessEnd{true, SIGHUP}, ProcessEnd{true, SIGINT},
                                ProcessEnd{false, 128 + SIGTERM}}) {
    Harness worker;
    worker.start_training(lease_of(1));
    worker.step(TrainerExited{0, end});  // and the worker has not heard of the stop yet
    ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
    EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::refused) << end.number;
  }
}

TEST(Stop, ATrainerThatIsKilledBeforeItsWorkerIsNoCulprit) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(CheckpointEvent{"", 1});
  worker.terminate(How::stop);
  worker.step(TrainerExited{0, {true, SIGKILL}});
  expect_saved_and_left(worker, 1);

  Harness draining;
  draining.start_training(lease_of(1));
  draining.terminate(How::drain);
  draining.step(TrainerExited{0, {true, SIGKILL}});
  ASSERT_EQ(draining.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(draining.kept<AttemptFailed>()[0].kind, FailureKind::refused);
}

TEST(Stop, ACrashWithoutAStopStillCounts) {
  for (const int signal : {SIGKILL, SIGSEGV, SIGABRT}) {
    Harness worker;
    worker.start_training(lease_of(1));
    worker.step(TrainerExited{0, {true, signal}});
    ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
    EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::trainer_died) << signal;
  }
}

TEST(Stop, ATrainerThatWasStillStartingFailsNoJob) {
  Harness worker;
  worker.welcome();
  worker.step(leased(lease_of(1)));
  worker.step(TrainerExited{0, {true, SIGTERM}});
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::refused);
  EXPECT_EQ(worker.agent.free_slots(worker.now), std::vector{0}) << "what is ended again and again rests";

  Harness stopping;
  stopping.welcome();
  stopping.step(leased(lease_of(1)));
  stopping.terminate(How::stop);
  EXPECT_EQ(stopping.kept<AttemptFailed>(), std::vector<AttemptFailed>{kStoppedWorker});
  stopping.step(TrainerExited{0, {true, SIGTERM}});
  EXPECT_TRUE(stopping.kept<AttemptFailed>().empty());
}

TEST(Stop, AnIdleTrainerThatEndsTakesNoJobWithIt) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(finished_event());
  worker.step(ArtifactKept{{3, 1}, artifact_of(9, ArtifactKind::model)});
  worker.step(leased(lease_of(2)));
  ASSERT_EQ(worker.last<CommandTrainer>().size(), 1U) << "the command crosses the signal";
  worker.step(TrainerExited{0, {true, SIGTERM}});
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::refused);
}

TEST(Stop, WaitsForTheStepInHandWithinANamedLimit) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.terminate(How::stop);
  worker.run_for(worker.settings.save_limit - Millis(1));
  EXPECT_TRUE(worker.all<KillTrainer>().empty());
  EXPECT_FALSE(worker.exit());
  worker.run_for(Millis(1));
  EXPECT_EQ(worker.all<KillTrainer>().size(), 1U);
  worker.step(TrainerExited{0, {true, SIGKILL}});
  EXPECT_EQ(worker.kept<AttemptFailed>(), std::vector<AttemptFailed>{kStoppedWorker});
}

TEST(Stop, AFinishedResultIsDeliveredWhileTheCoordinatorIsThere) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.finish_training();
  worker.terminate(How::stop);
  EXPECT_FALSE(worker.exit());
  worker.step(Uploaded{{3, 1}, artifact_of(9, ArtifactKind::model)});
  worker.persist();
  EXPECT_FALSE(worker.exit()) << "not before it is acknowledged";
  worker.acknowledge_all();
  EXPECT_TRUE(worker.exit());
}

TEST(Stop, WhatCannotBeDeliveredStaysInTheOutboxAndTheWorkerLeaves) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.finish_training();
  worker.terminate(How::stop);
  worker.run_for(worker.settings.salvage_limit);
  ASSERT_TRUE(worker.exit());
  EXPECT_TRUE(worker.all<Forget>().empty());
  EXPECT_TRUE(worker.all<ReleaseKept>().empty());
  EXPECT_TRUE(worker.ever_kept<AttemptFailed>().empty());
}

TEST(Stop, WithoutACoordinatorItSavesLeavesSoonAndTheNextStartDelivers) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(LinkLost{{ErrorCode::unavailable, "gone"}});
  worker.terminate(How::stop);
  worker.run_for(2 * worker.settings.offline_limit);
  EXPECT_FALSE(worker.exit()) << "the trainer still saves";
  worker.say(CheckpointEvent{"", 0});
  worker.say(StoppedEvent{});
  worker.step(kSavedKept);
  worker.persist();
  worker.run_for(worker.settings.offline_limit);
  ASSERT_TRUE(worker.exit());
  EXPECT_TRUE(worker.all<ReleaseKept>().empty());
  std::vector<SequencedReport> outbox;
  for (const auto& kept : worker.all<Persist>()) outbox.push_back(kept.report);

  Harness next(1, outbox);
  ASSERT_EQ(next.all<UploadKept>().size(), 1U);
  EXPECT_EQ(next.all<UploadKept>()[0].artifact, kSaved);
  EXPECT_EQ(next.agent.held(), (std::vector<HeldAttempt>{{{3, 1}, {}}}));
  next.welcome();
  EXPECT_TRUE(next.sent<SequencedReport>().empty());
  next.step(kSavedUploaded);
  ASSERT_EQ(next.sent<SequencedReport>().size(), 1U);
  EXPECT_EQ(std::get<AttemptFailed>(next.sent<SequencedReport>()[0].report.body),
            stopped_with_checkpoint_of(0));
  next.acknowledge_all();
  EXPECT_EQ(next.all<ReleaseKept>().size(), 1U);
}

TEST(Stop, ACheckpointThatIsStillSalvagedIsKeptForTheNextStart) {
  const std::vector<void (*)(Harness&)> ends = {
      [](Harness& worker) {
        worker.step(TrainerExited{0, {true, SIGSEGV}});
      },
      [](Harness& worker) {
        worker.step(Received{StopAttempt{{3, 1}, "paused", true}});
        worker.say(CheckpointEvent{"", 4});
        worker.say(StoppedEvent{});
      },
      [](Harness& worker) { worker.say(StoppedEvent{SIGTERM}); },
  };
  for (const auto end : ends) {
    Harness worker;
    worker.start_training(lease_of(1));
    worker.say(CheckpointEvent{"", 4});
    end(worker);
    ASSERT_EQ(worker.all<UploadCheckpoint>().size(), 1U);
    worker.step(LinkLost{{ErrorCode::unavailable, "gone"}});
    worker.terminate(How::stop);
    EXPECT_EQ(worker.last<CancelTransfers>().size(), 1U);
    ASSERT_EQ(worker.last<KeepArtifact>().size(), 1U);
    EXPECT_EQ(worker.last<KeepArtifact>()[0].path, "/scratch/3-1/checkpoint.safetensors");
    worker.step(kSavedKept);
    ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
    EXPECT_EQ(worker.kept<AttemptFailed>()[0].checkpoint, kSaved);
    EXPECT_EQ(worker.kept<AttemptFailed>()[0].epoch, 4);
    worker.run_for(worker.settings.offline_limit);
    EXPECT_TRUE(worker.exit());
    EXPECT_TRUE(worker.all<ReleaseKept>().empty());
  }
}

TEST(Stop, ADiskThatDoesNotTakeTheCheckpointIsNotWaitedForLong) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.terminate(How::stop);
  worker.say(CheckpointEvent{"", 2});
  worker.say(StoppedEvent{});
  ASSERT_EQ(worker.last<KeepArtifact>().size(), 1U);
  worker.run_for(worker.settings.salvage_limit - Millis(1));
  EXPECT_FALSE(worker.exit());
  worker.run_for(Millis(1));
  ASSERT_TRUE(worker.exit());
  EXPECT_EQ(worker.exit()->code, 0);
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::refused);
  EXPECT_FALSE(worker.kept<AttemptFailed>()[0].checkpoint);
  EXPECT_EQ(worker.last<CancelTransfers>().size(), 1U) << "no half-kept file stays";
}

TEST(Stop, ADiskThatDoesNotTakeTheModelCostsTheJobNoAttempt) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(finished_event());
  worker.step(LinkLost{{ErrorCode::unavailable, "gone"}});
  worker.terminate(How::stop);
  worker.run_for(2 * worker.settings.offline_limit);
  EXPECT_FALSE(worker.exit()) << "the disk gets more time than the network";
  worker.run_for(worker.settings.salvage_limit);
  EXPECT_TRUE(worker.exit());
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::refused);
}

TEST(Stop, AnAnswerThatEndsTheWorkerGivesWhatIsBeingKeptBack) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(finished_event());
  worker.step(LinkLost{{ErrorCode::refused, "no worker's certificate"}});
  ASSERT_TRUE(worker.exit());
  EXPECT_EQ(worker.kept<AttemptFailed>().size(), 1U);
}

TEST(Stop, ACheckpointThatCannotBeReadAnyMoreIsLeftOut) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.terminate(How::stop);
  worker.say(CheckpointEvent{"", 0});
  worker.say(StoppedEvent{});
  worker.step(kSavedKept);
  worker.step(UploadFailed{{3, 1}, ArtifactKind::checkpoint, {ErrorCode::not_found, "gone"}});
  EXPECT_EQ(worker.kept<AttemptFailed>(), std::vector<AttemptFailed>{kStoppedWorker});
  EXPECT_EQ(worker.last<Forget>().size(), 1U);

  Harness unkept;
  unkept.start_training(lease_of(1));
  unkept.terminate(How::stop);
  unkept.say(CheckpointEvent{"", 0});
  unkept.say(StoppedEvent{});
  unkept.step(UploadFailed{{3, 1}, ArtifactKind::checkpoint, {ErrorCode::internal, "Input/output error"}});
  ASSERT_EQ(unkept.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(unkept.kept<AttemptFailed>()[0].kind, FailureKind::refused);
  EXPECT_FALSE(unkept.kept<AttemptFailed>()[0].checkpoint);
}

TEST(Stop, ACoordinatorThatComesBackInTimeGetsTheCheckpoint) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.terminate(How::stop);
  worker.step(LinkLost{{ErrorCode::unavailable, "gone"}});
  worker.say(CheckpointEvent{"", 0});
  worker.say(StoppedEvent{});
  worker.step(kSavedKept);
  worker.persist();
  worker.run_for(Millis(100));
  worker.welcome();
  EXPECT_EQ(worker.sent<Draining>().size(), 1U);
  worker.run_for(2 * worker.settings.offline_limit);
  EXPECT_FALSE(worker.exit());
  worker.step(kSavedUploaded);
  EXPECT_EQ(worker.sent<SequencedReport>().size(), 1U);
}

TEST(Stop, AtOnceWaitsForNobody) {
  Harness worker(2);
  worker.start_training(lease_of(1));
  worker.step(leased(lease_of(2)));
  worker.terminate(How::at_once);
  EXPECT_EQ(worker.kept<AttemptFailed>().size(), 2U);
  EXPECT_EQ(worker.last<KillTrainer>().size(), 2U);
  EXPECT_TRUE(worker.exit());
}

TEST(Stop, AtOnceWaitsForAModelThatIsBeingKept) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(finished_event());
  worker.terminate(How::at_once);
  EXPECT_FALSE(worker.exit());
  worker.step(ArtifactKept{{3, 1}, artifact_of(9, ArtifactKind::model)});
  EXPECT_EQ(worker.kept<AttemptFinished>().size(), 1U);
  EXPECT_TRUE(worker.exit());
}

TEST(Stop, AtOnceWaitsForNoDiskThatDoesNotTakeTheModel) {
  for (const bool stops : {false, true}) {
    Harness worker;
    worker.start_training(lease_of(1));
    worker.say(finished_event());
    if (stops) worker.terminate(How::stop);
    worker.terminate(How::at_once);
    worker.run_for(worker.settings.stop_grace);
    EXPECT_TRUE(worker.exit());
  }
}

TEST(Stop, ACancelledJobIsNotWaitedForLong) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(Received{StopAttempt{{3, 1}, "cancelled"}});
  worker.terminate(How::stop);
  worker.run_for(worker.settings.stop_grace);
  EXPECT_EQ(worker.all<KillTrainer>().size(), 1U);
  worker.step(TrainerExited{0, {true, SIGKILL}});
  EXPECT_TRUE(worker.exit());
}

}  // namespace
}  // namespace spin::agent
