#include "tests/worker/agent/harness.h"

namespace spin::agent {
namespace {

TEST(Trainers, ADeathWhileTrainingIsReportedWithItsLastWords) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(TrainerWrote{0, "CUDA error: an illegal memory access"});
  worker.step(TrainerExited{0, {true, 11}});
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  const auto failed = worker.kept<AttemptFailed>()[0];
  EXPECT_EQ(failed.kind, FailureKind::trainer_died);
  EXPECT_NE(failed.message.find("signal 11"), std::string::npos) << failed.message;
  EXPECT_NE(failed.message.find("illegal memory access"), std::string::npos) << failed.message;
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}});
  EXPECT_EQ(worker.all<StartTrainer>().size(), 1U) << "the next job starts one";
  worker.step(leased(lease_of(2)));
  EXPECT_EQ(worker.last<StartTrainer>().size(), 1U);
}

TEST(Trainers, OneThatDoesNotStartFailsTheJobAndRestsLongerEachTime) {
  Harness worker;
  worker.welcome();
  Millis rest(1'000);
  for (int job = 1; job <= 3; ++job, rest *= 2) {
    worker.step(leased(lease_of(job)));
    worker.step(TrainerStartFailed{0, {ErrorCode::not_found, "/opt/spin-train: No such file or directory"}});
    ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
    EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::job_error);
    EXPECT_NE(worker.kept<AttemptFailed>()[0].message.find("/opt/spin-train"), std::string::npos);
    EXPECT_TRUE(worker.sent<Credits>().empty());
    worker.pass(rest - Millis(1));
    EXPECT_EQ(worker.agent.free_slots(worker.now), std::vector{0});
    worker.pass(Millis(1));
    EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}});
  }
  worker.step(leased(lease_of(9)));
  worker.ready();
  worker.step(TrainerExited{0, {false, 1}});
  EXPECT_EQ(worker.agent.free_slots(worker.now), std::vector{1})
      << "one that was ready has not failed to start";
}

TEST(Trainers, OneThatEndsBeforeItIsReadyTellsWhy) {
  Harness worker;
  worker.welcome();
  worker.step(leased(lease_of(1)));
  worker.step(TrainerWrote{0, "libtorch.so: cannot open shared object file"});
  worker.step(TrainerExited{0, {false, 127}});
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::job_error);
  EXPECT_NE(worker.kept<AttemptFailed>()[0].message.find("libtorch.so"), std::string::npos);
  EXPECT_EQ(worker.agent.free_slots(worker.now), std::vector{0});
}

TEST(Trainers, AnotherVersionIsRefusedAndTheSlotRests) {
  Harness worker;
  worker.welcome();
  worker.step(leased(lease_of(1)));
  ReadyEvent ready = ready_event();
  ready.version = "0.0.9";
  worker.say(ready);
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_NE(worker.kept<AttemptFailed>()[0].message.find("0.0.9"), std::string::npos);
  EXPECT_EQ(worker.last<KillTrainer>().size(), 1U);
  worker.step(TrainerExited{0, {true, 9}});
  EXPECT_EQ(worker.agent.free_slots(worker.now), std::vector{0}) << "the exit does not end the rest";
  worker.pass(Millis(1'000));
  EXPECT_EQ(worker.agent.free_slots(worker.now), std::vector{1});
}

TEST(Trainers, OneThatIsNeverReadyIsKilled) {
  Harness worker;
  worker.welcome();
  worker.step(leased(lease_of(1)));
  worker.pass(worker.settings.start_limit);
  EXPECT_EQ(worker.last<KillTrainer>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  worker.step(TrainerExited{0, {true, 9}});
  EXPECT_EQ(worker.agent.free_slots(worker.now), std::vector{0}) << "it rests as after any start that failed";
  worker.pass(worker.settings.start_backoff_first);
  EXPECT_EQ(worker.agent.free_slots(worker.now), std::vector{1});
}

TEST(Trainers, OneThatBreaksTheProtocolIsKilledAndItsJobFails) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(TrainerBroke{0, {ErrorCode::invalid_argument, "not a JSON object on one line: 'hello'"}});
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::trainer_died);
  EXPECT_NE(worker.kept<AttemptFailed>()[0].message.find("'hello'"), std::string::npos);
  EXPECT_EQ(worker.last<KillTrainer>().size(), 1U);
  worker.say(epoch_event(1));
  EXPECT_TRUE(worker.last<Persist>().empty()) << "a dying trainer is not listened to";
}

TEST(Trainers, AFailureThatWouldRepeatIsReportedAsSuch) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(FailedEvent{"dataset.classes is 3 where there are 2", FailureCause::permanent});
  EXPECT_EQ(worker.kept<AttemptFailed>(),
            (std::vector<AttemptFailed>{{FailureKind::permanent, "dataset.classes is 3 where there are 2"}}));
  EXPECT_EQ(worker.agent.free_slots(worker.now), std::vector{1});
}

TEST(Trainers, AFullDiskOfTheTrainerFailsNoJob) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(FailedEvent{"model.safetensors: No space left on device", FailureCause::disk_full});
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::refused);
  EXPECT_EQ(worker.agent.free_slots(worker.now), std::vector{0}) << "the slot rests";
  worker.pass(worker.settings.full_disk_rest);
  EXPECT_EQ(worker.agent.free_slots(worker.now), std::vector{1});
}

TEST(Trainers, NoJobGoesToOneWhoseDeviceIsGone) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(FailedEvent{"CUDA error: an illegal memory access", FailureCause::job, /*device_works=*/false});
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::job_error);
  EXPECT_TRUE(worker.sent<Credits>().empty());
  worker.step(TrainerExited{0, {false, 1}});
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}});
  EXPECT_TRUE(worker.kept<AttemptFailed>().empty()) << "no second failure";
}

TEST(Trainers, AnEventWithoutAJobIsAProtocolError) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(finished_event());
  worker.say(finished_event());
  EXPECT_EQ(worker.last<KillTrainer>().size(), 1U);
}

TEST(Trainers, AJobThatWaitedForAnIdleTrainerThatDiesGetsANewOne) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(finished_event());
  LeasedJob lease = lease_of(2);
  lease.inputs.push_back({InputRole::init, artifact_of(1, ArtifactKind::model)});
  worker.step(leased(lease));
  worker.step(TrainerExited{0, {true, 9}});
  EXPECT_EQ(worker.last<StartTrainer>().size(), 1U);
  EXPECT_TRUE(worker.kept<AttemptFailed>().empty());
  worker.step(Fetched{lease.attempt, InputRole::init, "/i"});
  worker.ready();
  EXPECT_EQ(worker.last<CommandTrainer>().size(), 1U);
}

TEST(Trainers, LogLinesTravelInBatches) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(TrainerWrote{0, "one"});
  worker.step(TrainerWrote{0, "two"});
  EXPECT_TRUE(worker.sent<SequencedReport>().empty());
  worker.pass(LogBatch::kInterval);
  ASSERT_EQ(worker.sent<SequencedReport>().size(), 1U);
  const auto report = worker.sent<SequencedReport>()[0];
  EXPECT_EQ(report.sequence, 0U);
  EXPECT_EQ(std::get<LogLines>(report.report.body).lines, (std::vector<std::string>{"one", "two"}));
}

TEST(Trainers, TheLastLinesGoBeforeTheResult) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(TrainerWrote{0, "done"});
  worker.say(FailedEvent{"no"});
  ASSERT_EQ(worker.sent<SequencedReport>().size(), 1U);
  EXPECT_EQ(std::get<LogLines>(worker.sent<SequencedReport>()[0].report.body).lines,
            (std::vector<std::string>{"done"}));
}

TEST(LogBatch, IsBoundedAndSaysWhatItLeftOut) {
  LogBatch batch;
  for (std::size_t i = 0; i < LogBatch::kMaxLines + 7; ++i) batch.add("line", Now{});
  const auto lines = batch.take();
  ASSERT_EQ(lines.size(), LogBatch::kMaxLines + 1);
  EXPECT_EQ(lines.back(), "(7 lines left out: too many at once)");
  EXPECT_FALSE(batch.due());
  batch.add(std::string(LogBatch::kMaxLineBytes + 1, 'x'), Now{});
  EXPECT_EQ(batch.take()[0].size(), LogBatch::kMaxLineBytes);
}

TEST(LogBatch, KeepsTheLastWords) {
  LogBatch batch;
  for (int i = 0; i < 20; ++i) batch.add(std::to_string(i), Now{});
  batch.take();
  EXPECT_EQ(batch.last_words(), "10 | 11 | 12 | 13 | 14 | 15 | 16 | 17 | 18 | 19");
}

TEST(Trainers, SlotsWorkSideBySide) {
  Harness worker(3);
  worker.welcome();
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{3}}});
  for (int job = 1; job <= 3; ++job) worker.step(leased(lease_of(job)));
  EXPECT_EQ(worker.all<StartTrainer>().size(), 3U);
  for (int slot = 0; slot < 3; ++slot) worker.ready(slot);
  EXPECT_EQ(worker.all<CommandTrainer>().size(), 3U);
  worker.say(FailedEvent{"no"}, 1);
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}});
  worker.step(leased(lease_of(4)));
  ASSERT_EQ(worker.last<CommandTrainer>().size(), 1U);
  EXPECT_EQ(worker.last<CommandTrainer>()[0].slot, 1);
}

}  // namespace
}  // namespace spin::agent
