#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

constexpr std::int64_t kGiB = 1LL << 30;

WorkerHello worker(std::vector<DeviceOffer> devices, int slots = 1, const std::string& name = "w") {
  WorkerHello hello = Harness::hello(name, slots);
  hello.devices = std::move(devices);
  return hello;
}

WorkerHello two_gpus(int slots = 1, std::int64_t memory_bytes = 0) {
  return worker({{"cuda:0", memory_bytes}, {"cuda:1", memory_bytes}}, slots);
}

PlanOf plan_of(std::int64_t memory_bytes) {
  return PlanOf("s").requires_of_workers({.device = {}, .memory_bytes = memory_bytes, .labels = {}});
}

/// "cuda:0 cuda:1", in the order of the leases.
std::string devices_of(const std::vector<SendLease>& leases) {
  std::string text;
  for (const auto& lease : leases)
    for (const auto& device : lease.devices) text += (text.empty() ? "" : " ") + device;
  return text;
}

TEST(Devices, JobsSpreadOverThoseOfAWorker) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 4));
  const SessionId session = harness.attach(two_gpus(2));
  EXPECT_EQ(devices_of(harness.credits(session, {2, 2})), "cuda:0 cuda:1 cuda:0 cuda:1");
  EXPECT_EQ(harness.coordinator->workers().at(0).busy, 4);
}

TEST(Devices, ARetryGoesToAnotherOneOfTheWorker) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SessionId session = harness.attach(two_gpus());
  const auto first = harness.credits(session, {1, 1});
  ASSERT_EQ(first.size(), 1U);
  harness.fail(first[0], FailureKind::trainer_died, "an illegal memory access");
  harness.say(session, Credits{{1, 1}});
  const auto again = all_of<SendLease>(harness.advance(600'000));
  ASSERT_GE(again.size(), 1U);
  EXPECT_NE(again[0].devices, first[0].devices);
}

TEST(Devices, AmongFreeOnesTheOneThatHadTheDataSetLast) {
  Harness harness;
  PlanOf plan("s");
  plan.job("a").job("b");
  for (Cell& cell : plan.raw().cells) cell.demand.dataset = "mnist";
  harness.submit(plan);
  const SessionId session = harness.attach(two_gpus());
  const auto leases = harness.credits(session, {0, 1});
  ASSERT_EQ(devices_of(leases), "cuda:1");
  harness.cancel(harness.key("b"));
  harness.finish(leases[0]);
  harness.credits(session, {1, 1});
  EXPECT_EQ(harness.steer(harness.key("b"), steer::Retry{}), 1);
  EXPECT_EQ(devices_of(all_of<SendLease>(harness.last)), "cuda:1") << "though the other comes first";
}

TEST(Devices, EachHasItsOwnMemory) {
  Harness harness;
  harness.submit(plan_of(6 * kGiB).jobs("j", 4));
  const SessionId session = harness.attach(two_gpus(2, 10 * kGiB));
  const auto leases = harness.credits(session, {2, 2});
  EXPECT_EQ(devices_of(leases), "cuda:0 cuda:1") << "one on each, though each has two slots";
  EXPECT_EQ(harness.coordinator->workers().at(0).memory_used_bytes, 12 * kGiB);
  harness.finish(leases.at(1));
  EXPECT_EQ(devices_of(all_of<SendLease>(harness.last)), "cuda:1");
}

TEST(Devices, AJobThatNoneOfThemHoldsWaitsThoughTogetherTheyWould) {
  Harness harness;
  harness.submit(plan_of(12 * kGiB).job("a"));
  const SessionId session = harness.attach(worker({{"cuda:0", 8 * kGiB}, {"cuda:1", 10 * kGiB}}));
  EXPECT_TRUE(harness.credits(session, {1, 1}).empty());
  EXPECT_EQ(
      harness.row("a").reason,
      "no worker attached can take it: it needs 12.0 GiB of memory; the largest of that kind has 10.0 GiB");
}

TEST(Devices, TheMemoryOfAStoppedTrainerIsFreeOnceTheOtherSlotsOfItsDeviceAre) {
  Harness harness;
  harness.submit(plan_of(6 * kGiB).jobs("j", 3));
  const SessionId session = harness.attach(two_gpus(2, 10 * kGiB));
  const auto leases = harness.credits(session, {2, 2});
  ASSERT_EQ(devices_of(leases), "cuda:0 cuda:1");
  harness.cancel(leases[0].job);
  EXPECT_EQ(devices_of(harness.credits(session, {1, 1})), "") << "it still runs";
  EXPECT_EQ(devices_of(harness.credits(session, {2, 1})), "cuda:0");
}

TEST(Devices, EachHasItsOwnCredits) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 4));
  const SessionId session = harness.attach(two_gpus(2));
  EXPECT_EQ(devices_of(harness.credits(session, {0, 1})), "cuda:1");
  EXPECT_EQ(devices_of(harness.credits(session, {1, 0})), "cuda:0");
}

TEST(Devices, AWorkerThatSaysCreditsOfAnotherNumberOfThemIsCutOff) {
  for (const auto& free : {std::vector<int>{}, std::vector<int>{1}, std::vector<int>{1, 1, 1}}) {
    Harness harness;
    harness.submit(PlanOf("s").jobs("j", 4));
    const SessionId session = harness.attach(two_gpus());
    EXPECT_TRUE(harness.credits(session, free).empty());
    const auto closed = all_of<CloseSession>(harness.last);
    ASSERT_EQ(closed.size(), 1U);
    EXPECT_EQ(closed[0].error.message,
              "the worker offers 2 device(s) and says the free slots of " + std::to_string(free.size()));
    EXPECT_TRUE(harness.coordinator->workers().empty());
  }
}

TEST(Devices, OnlyThoseOfTheKindThatASweepAsksForGetItsJobs) {
  Harness harness;
  harness.submit(PlanOf("s").requires_of_workers({Device::Kind::cuda, std::nullopt, {}}).jobs("j", 2));
  const SessionId session = harness.attach(worker({{"cpu"}, {"cuda:0"}}));
  const auto leases = harness.credits(session, {1, 1});
  EXPECT_EQ(devices_of(leases), "cuda:0") << "the CPU stays free";
  EXPECT_EQ(harness.row("j2").reason, "until a worker is free");
  harness.submit(PlanOf("t").requires_of_workers({Device::Kind::cpu, std::nullopt, {}}).job("c"));
  EXPECT_EQ(devices_of(all_of<SendLease>(harness.last)), "cpu");
}

TEST(Devices, ADrainingWorkerGetsNothingOnAnyOfThem) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 4));
  const SessionId session = harness.attach(two_gpus());
  EXPECT_EQ(devices_of(harness.credits(session, {1, 0})), "cuda:0");
  harness.send(DrainRequested{7, "w"});
  EXPECT_EQ(all_of<DrainAccepted>(harness.last).at(0).running, 1);
  EXPECT_EQ(devices_of(harness.credits(session, {0, 1})), "");
}

TEST(Devices, OneOnWhichEverythingFailsIsSetAsideAndTheOthersOfItsWorkerGoOn) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 12));
  const SessionId session = harness.attach(two_gpus());
  for (int i = 0; i < 5; ++i) {
    const auto leases = harness.credits(session, {1, 0});
    ASSERT_EQ(devices_of(leases), "cuda:0");
    harness.fail(leases[0], FailureKind::job_error);
  }
  const auto row = [&] { return harness.coordinator->workers().at(0); };
  EXPECT_EQ(row().state, "online");
  EXPECT_EQ(row().reason.find("cuda:0: the last 5 attempts failed"), 0U) << row().reason;
  const auto healthy = harness.credits(session, {1, 1});
  ASSERT_EQ(devices_of(healthy), "cuda:1");
  harness.finish(healthy[0]);
  EXPECT_NE(row().reason, "") << "a success on another device says nothing of this one";

  harness.credits(session, {1, 0});
  std::vector<SendLease> probes;
  for (int i = 0; i < 20 && probes.empty(); ++i) {
    harness.heartbeat(session, {});
    probes = all_of<SendLease>(harness.advance(10'000));
  }
  ASSERT_EQ(devices_of(probes), "cuda:0") << "one at a time";
  harness.finish(probes[0]);
  EXPECT_EQ(row().reason, "");
}

TEST(Devices, AfterARestartTheAttemptsThatAWorkerHoldsOccupyTheirs) {
  Harness harness;
  harness.submit(plan_of(6 * kGiB).jobs("j", 4));
  WorkerHello hello = two_gpus(1, 10 * kGiB);
  const auto leases = harness.credits(harness.attach(hello), {1, 1});
  ASSERT_EQ(devices_of(leases), "cuda:0 cuda:1");
  harness.restart();
  // The result of the first waits in the outbox; its device is free.
  hello.held = {{leases[0].attempt, {}}, {leases[1].attempt, {"cuda:1"}}};
  const SessionId session = harness.attach(hello);
  EXPECT_EQ(harness.coordinator->workers().at(0).busy, 1);
  EXPECT_EQ(harness.coordinator->workers().at(0).memory_used_bytes, 6 * kGiB);
  EXPECT_EQ(devices_of(harness.credits(session, {1, 1})), "cuda:0") << "whatever the credits say";
}

TEST(Devices, AnAttemptOfWhichNothingIsKnownMayHaveAllOfItsOwn) {
  Harness harness;
  harness.submit(plan_of(6 * kGiB).jobs("j", 3));
  WorkerHello hello = two_gpus(2, 10 * kGiB);
  const auto leases = harness.credits(harness.attach(hello), {1, 1});
  harness.cancel(leases.at(0).job);
  harness.restart();
  hello.held = {{leases[0].attempt, {"cuda:0"}}, {leases[1].attempt, {"cuda:1"}}};
  const SessionId session = harness.attach(hello);
  EXPECT_EQ(harness.coordinator->workers().at(0).memory_used_bytes, 16 * kGiB);
  EXPECT_EQ(devices_of(harness.credits(session, {1, 1})), "");
  EXPECT_EQ(devices_of(harness.credits(session, {2, 1})), "cuda:0");
}

TEST(Devices, AnAttemptWhoseResultIsOnItsWayLeavesItsOwn) {
  Harness harness;
  harness.submit(plan_of(6 * kGiB).jobs("j", 2));
  const SessionId session = harness.attach(worker({{"cuda:0", 10 * kGiB}}));
  const SendLease lease = harness.credits(session, 1).at(0);
  EXPECT_EQ(devices_of(harness.credits(session, 1)), "");
  harness.say(session, Heartbeat{{{lease.attempt, {}}}});
  EXPECT_EQ(devices_of(all_of<SendLease>(harness.last)), "cuda:0");
  EXPECT_EQ(harness.coordinator->workers().at(0).busy, 1);
  harness.finish(lease);
  EXPECT_EQ(harness.state("j1"), JobState::completed);
}

TEST(Devices, ALostAttemptThatComesBackIsOnItsOwn) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 3));
  const SessionId session = harness.attach(two_gpus());
  const auto leases = harness.credits(session, {0, 1});
  ASSERT_EQ(devices_of(leases), "cuda:1");
  harness.advance(15'000);
  EXPECT_EQ(harness.coordinator->workers().at(0).busy, 0);
  harness.say(session, Progress{.attempt = leases[0].attempt, .epoch = 1, .epochs = 2});
  EXPECT_EQ(harness.coordinator->workers().at(0).busy, 1);
  EXPECT_EQ(devices_of(harness.credits(session, {1, 1})), "cuda:0");
}

TEST(Devices, OneThatItsWorkerDoesNotOfferIsNone) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 3));
  WorkerHello hello = two_gpus();
  const auto leases = harness.credits(harness.attach(hello), {1, 0});
  hello.held = {{leases.at(0).attempt, {"cuda:7"}}};
  const SessionId session = harness.attach(hello);
  EXPECT_EQ(harness.coordinator->workers().at(0).busy, 0);
  EXPECT_EQ(devices_of(harness.credits(session, {1, 1})), "cuda:0 cuda:1");
}

TEST(Devices, ALeaseThatCannotBeReadLeavesTheSlotOfItsOwn) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 2));
  const SessionId session = harness.attach(two_gpus());
  const SendLease lease = harness.credits(session, {0, 1}).at(0);
  harness.send(LeaseFailed{session, lease.job, lease.attempt, lease.devices, "unreadable", false});
  EXPECT_EQ(devices_of(all_of<SendLease>(harness.last)), "cuda:1");
}

}  // namespace
}  // namespace spin::core
