#include <functional>
#include <map>

#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

TEST(Lease, NoMoreThanTheCredits) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 5));
  const SessionId session = harness.attach("w", 4);
  EXPECT_TRUE(all_of<SendLease>(harness.last).empty()) << "nothing before the worker says that it has room";
  EXPECT_EQ(harness.credits(session, 2).size(), 2U);
  EXPECT_EQ(harness.credits(session, 1).size(), 1U);
  EXPECT_EQ(harness.coordinator->workers().at(0).busy, 3);
}

TEST(Lease, CreditsThatCrossedALeaseDoNotOverfillTheWorker) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 5));
  const SessionId session = harness.attach("w", 1);
  EXPECT_EQ(harness.credits(session, 1).size(), 1U);
  EXPECT_TRUE(harness.credits(session, 1).empty());
  EXPECT_TRUE(harness.credits(session, -3).empty());
}

TEST(Lease, PriorityThenFairShareThenPlan) {
  Harness harness;
  harness.submit(PlanOf("low").priority(-1).jobs("l", 2));
  harness.submit(PlanOf("first").jobs("f", 2));
  harness.submit(PlanOf("second").jobs("s", 2));
  harness.submit(PlanOf("high").priority(1).jobs("h", 2));
  const auto leases = harness.credits(harness.attach("w", 8), 8);
  std::vector<JobKey> order;
  for (const auto& lease : leases) order.push_back(lease.job);
  std::vector<JobKey> expected;
  for (const char* label : {"h1", "h2", "f1", "s1", "f2", "s2", "l1", "l2"})
    expected.push_back(harness.key(label));
  EXPECT_EQ(order, expected);
}

TEST(Lease, TokensGrow) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 4));
  AttemptToken before;
  for (const auto& lease : harness.credits(harness.attach("w", 4), 4)) {
    EXPECT_LT(before, lease.attempt);
    before = lease.attempt;
  }
}

TEST(Lease, JobsSpreadOverTheWorkers) {
  Harness harness;
  std::vector<SessionId> sessions;
  for (const char* name : {"u", "v", "w"}) {
    sessions.push_back(harness.attach(name, 2));
    harness.credits(sessions.back(), 2);
  }
  harness.submit(PlanOf("s").jobs("j", 3));
  std::map<SessionId, int> given;
  for (const auto& lease : all_of<SendLease>(harness.last)) ++given[lease.session];
  EXPECT_EQ(given.size(), 3U);
}

TEST(Lease, AJobGoesToAWorkerThatWaits) {
  Harness harness;
  harness.credits(harness.attach("w"), 1);
  harness.submit(PlanOf("s").job("a").job("b", {"a"}));
  const auto first = all_of<SendLease>(harness.last);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(input_of(first[0], InputRole::init), std::nullopt);
  harness.finish(first[0]);
  const auto second = harness.credits(first[0].session, 1);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].job, harness.key("b"));
  ASSERT_TRUE(input_of(second[0], InputRole::init).has_value()) << "the model of the job that it depends on";
  EXPECT_EQ(input_of(second[0], InputRole::init)->kind, ArtifactKind::model);
}

TEST(Lease, ADrainingWorkerGetsNoMore) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 2));
  const SendLease lease = harness.lease_to("w");
  harness.say(lease.session, Draining{});
  harness.finish(lease);
  EXPECT_TRUE(harness.credits(lease.session, 1).empty());
  EXPECT_EQ(harness.coordinator->workers().at(0).state, "draining");
}

TEST(Lease, ASilentAttemptIsLostAndNeverCondemnsItsJob) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(1).job("a"));
  for (int round = 1; round <= 6; ++round) {
    harness.lease_to("w" + std::to_string(round));
    harness.advance(14'999);
    ASSERT_EQ(harness.state("a"), JobState::running);
    harness.advance(1);
    ASSERT_EQ(harness.state("a"), JobState::ready);
    EXPECT_EQ(harness.stored("a").workers_lost, round);
  }
  EXPECT_EQ(harness.stored("a").failures, 0);
  EXPECT_EQ(harness.coordinator->counters().lost_attempts, 6);
}

TEST(Lease, AHoldThatEndsGivesWhoCouldNotBeHeardAWholeLeaseToComeBack) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  WorkerHello hello = Harness::hello("w");
  const SendLease lease = harness.lease_to("w");
  harness.credits(harness.attach("idle"), 1);
  harness.send(HoldLeases{true, "the disk is full"});
  harness.detach(lease.session);
  harness.now += std::chrono::hours(1);  // the app lets no time pass for leases
  harness.send(HoldLeases{false, ""});
  EXPECT_TRUE(all_of<SendLease>(harness.last).empty()) << "its worker trains it";
  harness.advance(14'999);
  EXPECT_EQ(harness.state("a"), JobState::running);
  hello.held = Harness::on_cpu({lease.attempt});
  const SessionId session = harness.attach(hello);
  EXPECT_TRUE(all_of<StopAttempt>(harness.last).empty());
  harness.heartbeat(session, {lease.attempt});
  EXPECT_EQ(harness.history("a"), "running");
  EXPECT_EQ(harness.coordinator->counters().lost_attempts, 0);
  harness.advance(15'000);
  EXPECT_EQ(harness.history("a"), "lost running")
      << "who stays away is lost as ever, and another has the job";
}

TEST(Lease, ASilentAttemptIsLostThoughNoLeaseIsGranted) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  harness.lease_to("w");
  harness.send(HoldLeases{true, "the disk is nearly full"});
  harness.advance(15'000);
  EXPECT_EQ(harness.state("a"), JobState::ready);
}

TEST(Lease, EverySignOfAnAttemptRenewsIt) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  const std::vector<std::function<void()>> signs = {
      [&] { harness.heartbeat(lease.session, {lease.attempt}); },
      [&] { harness.say(lease.session, Progress{.attempt = lease.attempt, .step = 1, .steps = 9}); },
      [&] { harness.report(lease, AttemptStarted{}); },
      [&] { harness.report(lease, LogLines{{"line"}}); },
      [&] {
        harness.report(lease, EpochFinished{{1, {{Metric::top1, 10}, {Metric::top5, 20}}}});
      },
  };
  for (const auto& sign : signs) {
    harness.advance(14'000);
    sign();
    ASSERT_EQ(harness.state("a"), JobState::running);
  }
  harness.advance(14'000);
  harness.heartbeat(lease.session, {});
  harness.advance(1'000);
  EXPECT_EQ(harness.state("a"), JobState::ready)
      << "a heartbeat that does not name the attempt renews nothing";
}

TEST(Lease, ADetachedWorkersAttemptRunsOnUntilItsLeaseEnds) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.detach(lease.session);
  EXPECT_TRUE(harness.coordinator->workers().empty());
  EXPECT_EQ(harness.state("a"), JobState::running);
  EXPECT_EQ(harness.coordinator->next_deadline(), harness.now + std::chrono::seconds(15));
  harness.advance(15'000);
  EXPECT_EQ(harness.state("a"), JobState::ready);
  EXPECT_EQ(harness.coordinator->next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace spin::core
