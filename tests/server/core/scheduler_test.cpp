#include <chrono>

#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

constexpr std::int64_t kGiB = 1LL << 30;

Requirements memory(std::int64_t bytes) { return {.device = {}, .memory_bytes = bytes, .labels = {}}; }

WorkerHello worker(const std::string& name, int slots, std::int64_t memory_bytes,
                   std::vector<std::string> labels = {}, const std::string& device = "cpu") {
  WorkerHello hello = Harness::hello(name, slots);
  hello.labels = std::move(labels);
  hello.devices = {{device, memory_bytes}};
  return hello;
}

std::vector<JobKey> jobs_of(const std::vector<SendLease>& leases) {
  std::vector<JobKey> jobs;
  for (const auto& lease : leases) jobs.push_back(lease.job);
  return jobs;
}

TEST(Scheduler, SweepsOfOnePriorityGetEqualShares) {
  Harness harness;
  harness.submit(PlanOf("big").jobs("b", 6));
  harness.submit(PlanOf("small").jobs("s", 2));
  const SessionId session = harness.attach("w", 4);
  EXPECT_EQ(jobs_of(harness.credits(session, 4)),
            (std::vector{harness.key("b1"), harness.key("s1"), harness.key("b2"), harness.key("s2")}));
}

TEST(Scheduler, SmallJobsShareAWorkerUntilItsMemoryIsFull) {
  Harness harness;
  harness.submit(PlanOf("s").requires_of_workers(memory(3 * kGiB)).jobs("j", 5));
  const SessionId session = harness.attach(worker("w", 8, 10 * kGiB));
  const auto leases = harness.credits(session, 8);
  EXPECT_EQ(leases.size(), 3U);
  EXPECT_EQ(harness.coordinator->workers().at(0).memory_used_bytes, 9 * kGiB);
  harness.finish(leases[0]);
  EXPECT_EQ(all_of<SendLease>(harness.last).size(), 1U) << "its memory is free";
}

TEST(Scheduler, AJobThatDoesNotFitHoldsUpNoSmallerOne) {
  Harness harness;
  harness.submit(PlanOf("large").priority(1).requires_of_workers(memory(20 * kGiB)).job("l"));
  harness.submit(PlanOf("small").requires_of_workers(memory(kGiB)).job("s"));
  const SessionId session = harness.attach(worker("w", 1, 10 * kGiB));
  EXPECT_EQ(jobs_of(harness.credits(session, 1)), std::vector{harness.key("s")});
  EXPECT_EQ(
      harness.row("l").reason,
      "no worker attached can take it: it needs 20.0 GiB of memory; the largest of that kind has 10.0 GiB");
  EXPECT_EQ(harness.row("s").reason, "");
}

TEST(Scheduler, DeviceAndLabelsAreWhatTheSweepAsksFor) {
  Harness harness;
  harness.submit(
      PlanOf("s").requires_of_workers({Device::Kind::cuda, std::nullopt, {"a100", "fast"}}).job("a"));
  EXPECT_EQ(harness.row("a").reason, "no worker is attached");
  EXPECT_TRUE(harness.credits(harness.attach(worker("cpu", 1, 0, {"a100", "fast"})), 1).empty());
  EXPECT_TRUE(harness.credits(harness.attach(worker("slow", 1, 0, {"a100"}, "cuda:0")), 1).empty());
  EXPECT_NE(harness.row("a").reason.find("device cuda, label a100, label fast; none"), std::string::npos);
  EXPECT_EQ(harness.credits(harness.attach(worker("fit", 1, 0, {"fast", "x", "a100"}, "cuda:3")), 1).size(),
            1U);
}

TEST(Scheduler, TheMemoryOfAStoppedTrainerIsFreeWhenItHasEnded) {
  Harness harness;
  harness.submit(PlanOf("s").requires_of_workers(memory(6 * kGiB)).job("a").job("b"));
  const SessionId session = harness.attach(worker("w", 2, 10 * kGiB));
  const auto leases = harness.credits(session, 2);
  ASSERT_EQ(leases.size(), 1U);
  harness.cancel(leases[0].job);
  EXPECT_TRUE(all_of<SendLease>(harness.last).empty());
  EXPECT_TRUE(all_of<SendLease>(harness.heartbeat(session, {leases[0].attempt})).empty());
  EXPECT_EQ(all_of<SendLease>(harness.heartbeat(session, {})).size(), 1U);
}

TEST(Scheduler, AJobGoesToAnotherWorkerThanTheOneOnWhichItFailed) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("v");
  const SessionId other = harness.attach("w", 1);
  harness.fail(lease, FailureKind::job_error);
  harness.credits(lease.session, 1);
  harness.credits(other, 1);
  const auto again = all_of<SendLease>(harness.advance(1'000));
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].session, other);
}

TEST(Scheduler, WhereNoOtherCanTakeItAJobReturnsToTheWorkerOnWhichItFailed) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("v");
  harness.fail(lease, FailureKind::job_error);
  harness.credits(lease.session, 1);
  EXPECT_EQ(all_of<SendLease>(harness.advance(1'000)).size(), 1U);
}

TEST(Scheduler, AmongEqualWorkersTheOneThatHasTheDataSet) {
  Harness harness;
  PlanOf plan("s");
  plan.job("a").job("b");
  plan.raw().cells[0].demand.dataset = "mnist";
  plan.raw().cells[1].demand.dataset = "mnist";
  harness.submit(plan);
  const SessionId other = harness.attach("v", 1);
  SendLease first = harness.lease_to("w");
  harness.cancel(harness.key("b"));
  harness.finish(first);
  harness.credits(first.session, 1);
  harness.credits(other, 1);
  EXPECT_EQ(harness.steer(harness.key("b"), steer::Retry{}), 1);
  const auto next = all_of<SendLease>(harness.last);
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next[0].session, first.session) << "though the other has the lower number";
}

TEST(Scheduler, WhileLeasesAreHeldEverythingElseGoesOn) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 2));
  const SendLease lease = harness.lease_to("w");
  harness.send(HoldLeases{true, "the disk is nearly full"});
  harness.finish(lease);
  EXPECT_EQ(harness.state("j1"), JobState::completed);
  EXPECT_TRUE(harness.credits(lease.session, 1).empty());
  EXPECT_EQ(harness.row("j2").reason, "no leases are granted now: the disk is nearly full");
  harness.send(HoldLeases{false, ""});
  EXPECT_EQ(all_of<SendLease>(harness.last).size(), 1U);
}

TEST(Scheduler, LogsAreLeftOutWhileADiskIsNearlyFullAndSayHowMuch) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 1));
  const SendLease lease = harness.lease_to("w");
  harness.report(lease, LogLines{{"before"}}, 1);
  harness.send(HoldLeases{true, "the disk is nearly full"});
  EXPECT_EQ(harness.coordinator->workers().at(0).reason,
            "no leases are granted now: the disk is nearly full");
  harness.report(lease, LogLines{{"a", "b"}}, 2);
  EXPECT_EQ(all_of<ReportAck>(harness.last).size(), 1U) << "or the results behind it would wait";
  harness.send(HoldLeases{false, ""});
  EXPECT_EQ(harness.coordinator->workers().at(0).reason, "");
  harness.report(lease, LogLines{{"after"}}, 3);
  EXPECT_EQ(
      harness.store.job(lease.job).log,
      (std::vector<std::string>{"before",
                                "spin: 2 lines are left out here, because a disk of the coordinator was "
                                "nearly full",
                                "after"}));
}

TEST(Scheduler, AWorkerOfWhichNothingIsHeardGetsNothing) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 2));
  const SessionId session = harness.attach("w", 2);
  const SendLease lease = harness.credits(session, 1).at(0);
  harness.advance(15'000);
  EXPECT_EQ(harness.state("j1"), JobState::ready);
  EXPECT_TRUE(all_of<SendLease>(harness.last).empty());
  harness.heartbeat(session, {lease.attempt});
  EXPECT_EQ(harness.state("j1"), JobState::running) << "it is alive and goes on";
}

TEST(Scheduler, SmallMemoryIsNamedInMiB) {
  Harness harness;
  harness.submit(PlanOf("s").requires_of_workers(memory(3'000'000)).job("a"));
  harness.attach(worker("w", 1, 2 << 20));
  EXPECT_EQ(harness.row("a").reason,
            "no worker attached can take it: it needs 3 MiB of memory; the largest of that kind has 2 MiB");
}

}  // namespace
}  // namespace spin::core
