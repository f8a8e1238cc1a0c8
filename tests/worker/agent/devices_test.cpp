#include "tests/worker/agent/harness.h"

namespace spin::agent {
namespace {

AgentSettings two_gpus(int slots) {
  AgentSettings settings = test_settings(slots);
  settings.hello.devices = {{"cuda:1"}, {"cuda:0"}};
  return settings;
}

TEST(Devices, EachHasItsOwnSlotsAndTrainers) {
  Harness worker(two_gpus(2));
  worker.welcome();
  EXPECT_EQ(worker.sent<Credits>(), (std::vector<Credits>{{{2, 2}}}));
  for (const auto& [sequence, device] : {std::pair{1, "cuda:0"}, {2, "cuda:1"}, {3, "cuda:0"}}) {
    worker.step(leased(lease_of(sequence), device));
    const auto started = worker.last<StartTrainer>();
    ASSERT_EQ(started.size(), 1U);
    EXPECT_EQ(started[0].device, device);
    EXPECT_EQ(started[0].slot / 2, device == std::string("cuda:1") ? 0 : 1);
  }
  EXPECT_EQ(worker.agent.free_slots(worker.now), (std::vector{1, 0}));
  EXPECT_TRUE(worker.ever_sent<Credits>().size() == 1) << "the coordinator has counted the leases itself";
}

TEST(Devices, AWarmTrainerOfAnotherDeviceIsNotTaken) {
  Harness worker(two_gpus(1));
  worker.welcome();
  worker.step(leased(lease_of(1), "cuda:1"));
  worker.ready(0);
  worker.say(FailedEvent{"no"});
  EXPECT_EQ(worker.agent.free_slots(worker.now), (std::vector{1, 1}));
  worker.step(leased(lease_of(2), "cuda:0"));
  ASSERT_EQ(worker.last<StartTrainer>().size(), 1U);
  EXPECT_EQ(worker.last<StartTrainer>()[0].slot, 1);
}

TEST(Devices, WhatIsHeldNamesTheDeviceThatItOccupies) {
  Harness worker(two_gpus(1));
  worker.welcome();
  worker.step(leased(lease_of(1), "cuda:1"));
  worker.ready(0);
  worker.step(leased(lease_of(2), "cuda:0"));
  EXPECT_EQ(worker.agent.held(), (std::vector<HeldAttempt>{{{3, 1}, {"cuda:1"}}, {{3, 2}, {"cuda:0"}}}));
  worker.say(finished_event());
  EXPECT_EQ(worker.agent.held(), (std::vector<HeldAttempt>{{{3, 1}, {}}, {{3, 2}, {"cuda:0"}}}));
  EXPECT_EQ(worker.sent<Credits>(), (std::vector<Credits>{{{1, 0}}}));
}

TEST(Devices, ALeaseThatCannotRunOnThoseThatItNamesIsRefused) {
  Harness worker(two_gpus(1));
  worker.welcome();
  worker.step(leased(lease_of(1), "cuda:0"));
  const Lease none{{lease_of(4)}, {}}, both{{lease_of(5)}, {"cuda:0", "cuda:1"}};
  for (const auto& [lease, why] :
       {std::pair{Lease{{lease_of(2)}, {"cuda:0"}}, "the worker has no free slot on cuda:0"},
        {Lease{{lease_of(3)}, {"cpu"}}, "the worker does not offer cpu"},
        {none, "a job runs on one device here, not on 0"},
        {both, "a job runs on one device here, not on 2"}}) {
    worker.step(Received{lease});
    ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
    EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::refused);
    EXPECT_EQ(worker.kept<AttemptFailed>()[0].message, why);
    EXPECT_TRUE(worker.last<StartTrainer>().empty());
  }
  worker.persist();
  EXPECT_EQ(worker.sent<Credits>(), (std::vector<Credits>{{{1, 0}}}))
      << "refusals make the coordinator forget the credits of all devices";
}

}  // namespace
}  // namespace spin::agent
