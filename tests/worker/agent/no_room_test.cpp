#include <algorithm>

#include "tests/worker/agent/harness.h"

// A disk without room: people hear of it from the coordinator, at once, and again when there is room.

namespace spin::agent {
namespace {

std::string told(const Harness& worker) {
  const auto beats = worker.sent<Heartbeat>();
  return beats.empty() ? "nothing" : beats.back().problem;
}

int times_said(const Harness& worker, const std::string& text) {
  const auto lines = worker.all<Say>();
  return static_cast<int>(std::count_if(lines.begin(), lines.end(), [&](const Say& line) {
    return line.text.find(text) != std::string::npos;
  }));
}

TEST(NoRoom, ForResultsIsToldAtOnceAndSaidOnceAMinute) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(epoch_event(1));
  worker.step(PersistFailed{"/w/outbox: No space left on device"});
  EXPECT_EQ(told(worker), "results wait, they cannot be kept: /w/outbox: No space left on device");
  worker.step(PersistFailed{"/w/outbox: No space left on device"});
  EXPECT_EQ(told(worker), "nothing") << "the coordinator knows";
  EXPECT_EQ(times_said(worker, "results wait"), 1);
  worker.persist();
  EXPECT_EQ(told(worker), "");
  EXPECT_EQ(times_said(worker, "results are kept again"), 1);
  worker.step(PersistFailed{"/w/outbox: No space left on device"});
  EXPECT_EQ(times_said(worker, "results wait"), 2) << "within the minute, for the last word is another";
}

TEST(NoRoom, ForAJobIsToldUntilOneWritesACheckpoint) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(FailedEvent{"model.safetensors: No space left on device", FailureCause::disk_full});
  EXPECT_EQ(told(worker), "model.safetensors: No space left on device");
  worker.pass(worker.settings.full_disk_rest);
  worker.step(leased(lease_of(2)));
  worker.say(StartedEvent{1, 1, 1});
  EXPECT_EQ(told(worker), "nothing");
  worker.say(CheckpointEvent{"/w/checkpoint.safetensors", 1});
  EXPECT_EQ(told(worker), "");
}

TEST(NoRoom, ForAJobIsToldUntilTheInputsOfOneHaveAllCome) {
  Harness worker;
  LeasedJob lease = lease_of(1);
  lease.inputs.push_back({InputRole::init, artifact_of(1, ArtifactKind::model)});
  lease.inputs.push_back({InputRole::resume, artifact_of(2, ArtifactKind::checkpoint)});
  worker.welcome();
  worker.step(leased(lease));
  worker.step(
      FetchFailed{lease.attempt, InputRole::init, {ErrorCode::failed_precondition, "cannot keep it"}});
  EXPECT_EQ(told(worker), "initial weights: cannot keep it");
  worker.pass(worker.settings.full_disk_rest);
  lease.attempt = lease_of(2).attempt;
  worker.step(leased(lease));
  worker.step(Fetched{lease.attempt, InputRole::init, "/i"});
  EXPECT_EQ(told(worker), "nothing") << "there is still one to come";
  worker.step(Fetched{lease.attempt, InputRole::resume, "/r"});
  EXPECT_EQ(told(worker), "") << "though the trainer is not warm yet";
}

TEST(NoRoom, ForAJobIsForgottenWhereNoneComesThatFindsItAgain) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(FailedEvent{"model.safetensors: No space left on device", FailureCause::disk_full});
  worker.run_for(worker.settings.full_disk_rest);
  EXPECT_EQ(told(worker), "model.safetensors: No space left on device") << "a job may come now";
  worker.run_for(worker.settings.full_disk_rest);
  EXPECT_EQ(told(worker), "");
}

TEST(NoRoom, OfOneSlotIsNotEndedByTheCheckpointOfAnother) {
  Harness worker(2);
  worker.start_training(lease_of(1));
  worker.step(leased(lease_of(2)));
  worker.ready(1);
  worker.say(FailedEvent{"model.safetensors: No space left on device", FailureCause::disk_full});
  worker.say(CheckpointEvent{"/w/checkpoint.safetensors", 1}, 1);
  EXPECT_EQ(told(worker), "nothing") << "a small one may find room where a large one does not";
  worker.pass(worker.settings.full_disk_rest);
  EXPECT_EQ(told(worker), "model.safetensors: No space left on device");
}

TEST(NoRoom, IsToldAgainToACoordinatorThatWasAway) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(LinkLost{{ErrorCode::unavailable, "gone"}});
  worker.step(PersistFailed{"/w/outbox: No space left on device"});
  EXPECT_EQ(told(worker), "nothing");
  worker.run_for(worker.settings.reconnect_limit);
  worker.welcome();
  EXPECT_EQ(told(worker), "results wait, they cannot be kept: /w/outbox: No space left on device");
}

}  // namespace
}  // namespace spin::agent
