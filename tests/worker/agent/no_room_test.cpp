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
}

TEST(NoRoom, ForAJobIsToldUntilOneWritesACheckpoint) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(FailedEvent{"model.safetensors: No space left on device", FailureCause::disk_full});
  EXPECT_EQ(told(worker), "model.safetensors: No space left on device");
  worker.pass(worker.settings.full_disk_rest);
  worker.step(Received{lease_of(2)});
  worker.say(StartedEvent{1, 1, 1});
  EXPECT_EQ(told(worker), "nothing");
  worker.say(CheckpointEvent{"/w/checkpoint.safetensors", 1});
  EXPECT_EQ(told(worker), "");
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
