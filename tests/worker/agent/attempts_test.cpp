#include "tests/worker/agent/harness.h"

namespace spin::agent {
namespace {

TEST(Attempts, AJobGoesFromLeaseToAcknowledgedResult) {
  Harness worker;
  worker.welcome();
  ASSERT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}});

  worker.step(leased(lease_of(1)));
  EXPECT_EQ(worker.last<StartTrainer>().size(), 1U);
  EXPECT_EQ(worker.last<MakeScratch>().size(), 1U);
  EXPECT_TRUE(worker.sent<Credits>().empty()) << "the coordinator has counted the lease itself";

  worker.ready();
  const auto commands = worker.last<CommandTrainer>();
  ASSERT_EQ(commands.size(), 1U);
  const auto run = std::get<RunCommand>(commands[0].command);
  EXPECT_EQ(run, (RunCommand{lease_of(1).config,
                             "/named",
                             "/data",
                             {},
                             {{ArtifactKind::checkpoint, "/scratch/3-1/checkpoint.safetensors"},
                              {ArtifactKind::model, "/scratch/3-1/model.safetensors"}},
                             7}));

  worker.say(StartedEvent{1, 2, 1});
  ASSERT_EQ(worker.sent<SequencedReport>().size(), 1U);
  EXPECT_EQ(worker.sent<SequencedReport>()[0].sequence, 0U);
  worker.say(epoch_event(1));
  EXPECT_EQ(worker.kept<EpochFinished>().size(), 1U);
  EXPECT_TRUE(worker.sent<SequencedReport>().empty()) << "not before it is durable";

  worker.say(finished_event());
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}})
      << "the slot is free while the model travels";
  ASSERT_EQ(worker.last<KeepArtifact>().size(), 1U);
  EXPECT_EQ(worker.last<KeepArtifact>()[0].path, "/scratch/3-1/model.safetensors");

  const ArtifactRef model = artifact_of(9, ArtifactKind::model);
  worker.step(ArtifactKept{{3, 1}, model});
  ASSERT_EQ(worker.kept<AttemptFinished>().size(), 1U) << "in the outbox before the model travels";
  EXPECT_EQ(worker.kept<AttemptFinished>()[0], (AttemptFinished{finished_event().result, {model}}));
  EXPECT_EQ(worker.last<RemoveScratch>().size(), 1U);
  ASSERT_EQ(worker.last<UploadKept>().size(), 1U);
  EXPECT_EQ(worker.last<UploadKept>()[0].artifact, model);

  worker.persist();
  ASSERT_EQ(worker.sent<SequencedReport>().size(), 1U) << "the epoch; the result waits for its model";
  worker.step(Uploaded{{3, 1}, model});
  ASSERT_EQ(worker.sent<SequencedReport>().size(), 1U);
  EXPECT_TRUE(is_last(worker.sent<SequencedReport>()[0].report.body));
  EXPECT_EQ(worker.agent.held().size(), 1U) << "held until the result is acknowledged";
  EXPECT_TRUE(worker.all<ReleaseKept>().empty());

  worker.acknowledge_all();
  EXPECT_TRUE(worker.agent.held().empty());
  EXPECT_EQ(worker.all<Forget>().size(), 2U);
  EXPECT_EQ(worker.all<ReleaseKept>().size(), 1U);
}

TEST(Attempts, WhatTheCoordinatorChoosesIsNoOutput) {
  Harness worker;
  worker.start_training(lease_of(1));
  FinishedEvent finished = finished_event();
  finished.outputs[ArtifactKind::best] = "/etc/passwd";
  worker.say(finished);
  ASSERT_EQ(worker.last<KeepArtifact>().size(), 1U);
  EXPECT_EQ(worker.last<KeepArtifact>()[0].kind, ArtifactKind::model);
  worker.step(UploadFailed{{3, 1}, ArtifactKind::checkpoint, {ErrorCode::not_found, "of an upload before"}});
  worker.step(ArtifactKept{{3, 1}, artifact_of(9, ArtifactKind::model)});
  EXPECT_EQ(worker.kept<AttemptFinished>().size(), 1U);
}

TEST(Attempts, AResultWaitsForEveryOneOfItsOutputs) {
  const ArtifactRef model = artifact_of(9, ArtifactKind::model), best = artifact_of(8, ArtifactKind::best);
  const Report report{lease_of(1).job, {3, 1}, AttemptFinished{finished_event().result, {model, best}}};
  Harness worker(1, {{1, report}});
  EXPECT_EQ(worker.all<UploadKept>().size(), 2U) << "of an earlier process";
  worker.welcome();
  worker.step(Uploaded{{3, 1}, model});
  worker.step(Uploaded{{3, 1}, model});
  EXPECT_TRUE(worker.sent<SequencedReport>().empty()) << "one is still on its way";
  worker.step(Uploaded{{3, 1}, best});
  EXPECT_EQ(worker.sent<SequencedReport>().size(), 1U);

  Harness other(1, {{1, report}});
  other.welcome();
  other.step(UploadFailed{{3, 1}, ArtifactKind::best, {ErrorCode::not_found, "gone"}});
  ASSERT_EQ(other.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(other.kept<AttemptFailed>()[0].message, "the best could not be read: gone");
}

TEST(Attempts, ALeaseOfSeveralJobsIsHandedBack) {
  Harness worker(2);
  worker.welcome();
  worker.step(Received{Lease{{lease_of(1), lease_of(2)}, {"cpu"}}});
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 2U);
  for (const auto& failed : worker.kept<AttemptFailed>()) {
    EXPECT_EQ(failed.kind, FailureKind::refused);
    EXPECT_EQ(failed.message, "the worker runs jobs one by one");
  }
}

TEST(Attempts, AResultIsNotSentBeforeItIsDurableThoughItsModelHasArrived) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.finish_training();
  worker.step(Uploaded{{3, 1}, artifact_of(9, ArtifactKind::model)});
  EXPECT_TRUE(worker.sent<SequencedReport>().empty());
  worker.persist();
  EXPECT_EQ(worker.sent<SequencedReport>().size(), 1U);
}

TEST(Attempts, AResultWhoseModelIsLostIsWithdrawnAndTheJobFails) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.finish_training();
  worker.persist();
  worker.step(UploadFailed{{3, 1}, ArtifactKind::model, {ErrorCode::not_found, "/kept/3-1.model: gone"}});
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_NE(worker.kept<AttemptFailed>()[0].message.find("/kept/3-1.model: gone"), std::string::npos);
  ASSERT_EQ(worker.last<Forget>().size(), 1U);
  EXPECT_EQ(worker.last<Forget>()[0].sequence, 1U);
}

TEST(Attempts, AWarmTrainerTakesTheNextJobAtOnce) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(finished_event());
  worker.step(leased(lease_of(2)));
  ASSERT_EQ(worker.last<CommandTrainer>().size(), 1U) << "no waiting for the first job's upload";
  EXPECT_EQ(worker.all<StartTrainer>().size(), 1U);
}

TEST(Attempts, TrainingWaitsForEveryInput) {
  Harness worker;
  LeasedJob lease = lease_of(1);
  lease.inputs.push_back({InputRole::resume, artifact_of(1, ArtifactKind::checkpoint)});
  lease.inputs.push_back({InputRole::init, artifact_of(2, ArtifactKind::model)});
  worker.start_training(lease);
  EXPECT_EQ(worker.all<Fetch>().size(), 2U);
  worker.step(Fetched{lease.attempt, InputRole::init, "/scratch/3-1/init"});
  EXPECT_TRUE(worker.all<CommandTrainer>().empty());
  worker.step(Fetched{lease.attempt, InputRole::resume, "/scratch/3-1/resume"});
  ASSERT_EQ(worker.all<CommandTrainer>().size(), 1U);
  const auto run = std::get<RunCommand>(worker.all<CommandTrainer>()[0].command);
  EXPECT_EQ(path_of(run.inputs, InputRole::resume), "/scratch/3-1/resume");
  EXPECT_EQ(path_of(run.inputs, InputRole::init), "/scratch/3-1/init");
}

TEST(Attempts, AnInputThatCannotBeFetchedEndsTheAttemptAndFreesTheSlot) {
  Harness worker;
  LeasedJob lease = lease_of(1);
  lease.inputs.push_back({InputRole::init, artifact_of(2, ArtifactKind::model)});
  worker.start_training(lease);
  worker.step(FetchFailed{lease.attempt, InputRole::init, {ErrorCode::data_loss, "expected aa, found bb"}});
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::input_lost);
  EXPECT_NE(worker.kept<AttemptFailed>()[0].message.find("expected aa, found bb"), std::string::npos);
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}});
}

TEST(Attempts, AFullDiskGivesTheJobBackAndTheSlotRests) {
  const Event no_folder =
      ScratchFailed{{3, 1}, {ErrorCode::resource_exhausted, "/scratch/3-1: No space left"}};
  const Event no_place = FetchFailed{
      {3, 1}, InputRole::resume, {ErrorCode::failed_precondition, "cannot keep it: No space left"}};
  for (const auto& event : {no_folder, no_place}) {
    Harness worker;
    worker.welcome();
    LeasedJob lease = lease_of(1);
    lease.inputs.push_back({InputRole::resume, artifact_of(2, ArtifactKind::checkpoint)});
    worker.step(leased(lease));
    worker.step(event);
    ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
    EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::refused) << "it is not the job's fault";
    EXPECT_NE(worker.kept<AttemptFailed>()[0].message.find("No space left"), std::string::npos);
    worker.persist();
    EXPECT_TRUE(worker.sent<Credits>().empty());
    worker.run_for(worker.settings.full_disk_rest);
    EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}}) << "the disk may have room again";
  }
}

TEST(Attempts, CheckpointsAreUploadedNoMoreOftenThanAskedFor) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.now += Millis(29'000);
  worker.say(CheckpointEvent{"/elsewhere", 1});
  EXPECT_TRUE(worker.all<UploadCheckpoint>().empty()) << "a short job is not slowed";
  worker.now += Millis(1'000);
  worker.say(CheckpointEvent{"/elsewhere", 2});
  ASSERT_EQ(worker.last<UploadCheckpoint>().size(), 1U);
  EXPECT_EQ(worker.last<UploadCheckpoint>()[0].path, "/scratch/3-1/checkpoint.safetensors")
      << "ours, not what the trainer names";
  worker.now += Millis(31'000);
  worker.say(CheckpointEvent{"/elsewhere", 3});
  EXPECT_TRUE(worker.last<UploadCheckpoint>().empty()) << "one at a time";
  worker.step(Uploaded{{3, 1}, artifact_of(5, ArtifactKind::checkpoint)});
  ASSERT_EQ(worker.kept<CheckpointStored>().size(), 1U);
  EXPECT_EQ(worker.kept<CheckpointStored>()[0].epoch, 2);
  worker.say(CheckpointEvent{"/elsewhere", 4});
  EXPECT_EQ(worker.last<UploadCheckpoint>().size(), 1U);
}

TEST(Attempts, ACheckpointThatArrivesAfterTheEndIsNotReported) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.now += Millis(30'000);
  worker.say(CheckpointEvent{"", 1});
  worker.say(finished_event());
  EXPECT_EQ(worker.last<CancelTransfers>().size(), 1U);
  worker.step(Uploaded{{3, 1}, artifact_of(5, ArtifactKind::checkpoint)});
  EXPECT_TRUE(worker.last<Persist>().empty());
}

TEST(Attempts, ADivergedJobIsAResultWithoutAModelAndWithoutNumbersThatAreNone) {
  Harness worker;
  worker.start_training(lease_of(1));
  EpochEvent epoch = epoch_event(1);
  epoch.metrics.values.set(Metric::loss, std::nan(""));
  worker.say(epoch);
  EXPECT_TRUE(worker.last<Persist>().empty()) << "the coordinator takes finite numbers only";
  epoch.metrics.values.set(Metric::loss, 1);
  epoch.metrics.values.clear(Metric::top1);
  worker.say(epoch);
  EXPECT_EQ(worker.kept<EpochFinished>().size(), 1U) << "an epoch without an evaluation";
  FinishedEvent finished;
  finished.result.outcome = Outcome::diverged;
  finished.result.values.set(Metric::top1, std::nan(""));
  worker.say(finished);
  ASSERT_EQ(worker.kept<AttemptFinished>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFinished>()[0].result.outcome, Outcome::diverged);
  EXPECT_FALSE(worker.kept<AttemptFinished>()[0].result.values[Metric::top1].has_value());
  EXPECT_TRUE(worker.kept<AttemptFinished>()[0].outputs.empty());
}

TEST(Attempts, AJobErrorIsReportedInTheTrainersWords) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(FailedEvent{"t10k-images is truncated"});
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0],
            (AttemptFailed{FailureKind::job_error, "t10k-images is truncated"}));
  EXPECT_TRUE(worker.all<KillTrainer>().empty()) << "the trainer stays warm";
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}});
}

TEST(Attempts, AStoppedTrainerIsKilledIfItDoesNotObey) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(Received{StopAttempt{{3, 1}, "cancelled"}});
  ASSERT_EQ(worker.last<CommandTrainer>().size(), 1U);
  EXPECT_EQ(std::get<StopCommand>(worker.last<CommandTrainer>()[0].command), StopCommand{false})
      << "nobody wants a checkpoint";
  worker.pass(worker.settings.stop_grace - Millis(1));
  EXPECT_TRUE(worker.all<KillTrainer>().empty());
  worker.pass(Millis(1));
  EXPECT_EQ(worker.last<KillTrainer>().size(), 1U);
  EXPECT_GT(*worker.agent.next_deadline(), worker.now) << "nothing spins until it is gone";
  EXPECT_TRUE(worker.ever_sent<Credits>().size() == 1) << "not free before the process is gone";
  worker.step(TrainerExited{0, {true, 9}});
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}});
  EXPECT_TRUE(worker.all<Persist>().empty()) << "nobody waits for a report";
}

TEST(Attempts, AStoppedTrainerThatObeysStaysWarm) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(Received{StopAttempt{{3, 1}, "cancelled"}});
  worker.say(StoppedEvent{});
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}});
  EXPECT_EQ(worker.last<RemoveScratch>().size(), 1U);
  worker.step(leased(lease_of(2)));
  EXPECT_EQ(worker.last<CommandTrainer>().size(), 1U);
  EXPECT_TRUE(worker.all<KillTrainer>().empty());
}

TEST(Attempts, AStopMayCrossTheFinish) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(Received{StopAttempt{{3, 1}, "cancelled"}});
  worker.say(finished_event());
  EXPECT_TRUE(worker.all<Persist>().empty());
  EXPECT_TRUE(worker.agent.held().empty());
}

TEST(Attempts, AStopDoesNotTakeBackAFinishedResult) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(finished_event());
  worker.step(Received{StopAttempt{{3, 1}, "another attempt runs it"}});
  EXPECT_TRUE(worker.last<CancelTransfers>().empty());
  worker.step(ArtifactKept{{3, 1}, artifact_of(1, ArtifactKind::model)});
  worker.step(Received{StopAttempt{{3, 1}, "another attempt runs it"}});
  EXPECT_TRUE(worker.last<CancelTransfers>().empty());
  worker.persist();
  worker.step(Uploaded{{3, 1}, artifact_of(1, ArtifactKind::model)});
  EXPECT_EQ(worker.sent<SequencedReport>().size(), 1U) << "the coordinator takes it where it has none yet";
}

TEST(Attempts, ALeaseTooManyIsGivenBackAndCreditsAreSaidAgain) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(leased(lease_of(2)));
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::refused);
  worker.say(finished_event());
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}});
  worker.persist();
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}})
      << "a refusal makes the coordinator forget the credits that came before it";
}

TEST(Attempts, IllegalTransitionsAreRefused) {
  Attempt attempt{lease_of(1), Uploading{}};
  const Status moved = move_to(attempt, Training{});
  ASSERT_FALSE(moved.ok());
  EXPECT_EQ(moved.error().message, "attempt 3-1 is uploading and cannot become training");
  EXPECT_TRUE(std::holds_alternative<Uploading>(attempt.state));
}

}  // namespace
}  // namespace spin::agent
