#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

TEST(Cancel, ASweepCancelsAllThatIsNotFinal) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a").job("b").job("c", {"b"}));
  harness.finish(harness.lease_to("v"));
  const SendLease running = harness.lease_to("w");
  ASSERT_EQ(running.job, harness.key("b"));
  EXPECT_EQ(harness.cancel(sweep), 2);
  const auto stops = all_of<StopAttempt>(harness.last);
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].attempt, running.attempt);
  EXPECT_EQ(harness.status(sweep).counts, (StateCounts{.completed = 1, .cancelled = 2}));
  EXPECT_EQ(harness.history("b"), "stopped");
  EXPECT_EQ(harness.stored("c").reason, "sweep 1 's' was cancelled");
  EXPECT_EQ(harness.cancel_refused(sweep).code, ErrorCode::failed_precondition);
}

TEST(Cancel, AJobBlocksThoseThatNeedIt) {
  Harness harness;
  harness.submit(PlanOf("s").job("a").job("b", {"a"}).job("c", {"b"}));
  EXPECT_EQ(harness.cancel(harness.key("a")), 1);
  EXPECT_EQ(harness.state("a"), JobState::cancelled);
  EXPECT_EQ(harness.state("c"), JobState::blocked);
  EXPECT_EQ(harness.stored("c").reason, "dependency " + id_of("a").short_hex() + " was cancelled");
  EXPECT_EQ(harness.cancel(harness.key("c")), 1) << "a blocked job is not final";
}

TEST(Cancel, AFinalJobIsRefused) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  harness.finish(harness.lease_to("w"));
  const Error error = harness.cancel_refused(harness.key("a"));
  EXPECT_EQ(error.code, ErrorCode::failed_precondition);
  EXPECT_NE(error.message.find("is completed already"), std::string::npos) << error.message;
}

TEST(Cancel, WhatIsNotThereIsNotFound) {
  Harness harness;
  EXPECT_EQ(harness.cancel_refused(SweepId{7}).code, ErrorCode::not_found);
  EXPECT_EQ(harness.cancel_refused(JobKey{7}).code, ErrorCode::not_found);
  EXPECT_EQ(harness.cancel_refused(JobKey{-1}).code, ErrorCode::not_found);
}

TEST(Cancel, WhatAnotherLiveSweepNeedsRunsOn) {
  Harness harness;
  const SweepId one = harness.submit(PlanOf("one").job("a").job("b"));
  const SweepId two = harness.submit(PlanOf("two").job("b").job("c"));
  EXPECT_EQ(harness.cancel(one), 1);
  EXPECT_EQ(harness.state("a"), JobState::cancelled);
  EXPECT_EQ(harness.state("b"), JobState::ready);
  EXPECT_EQ(harness.cancel(two), 2) << "the cancelled sweep does not need it any more";
  EXPECT_EQ(harness.state("b"), JobState::cancelled);
}

TEST(Cancel, AResultThatComesTooLateIsIgnored) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.cancel(sweep);
  harness.finish(lease);
  EXPECT_EQ(harness.state("a"), JobState::cancelled);
  EXPECT_FALSE(harness.store.job(lease.job).result.has_value());
  EXPECT_EQ(harness.coordinator->counters().duplicates, 1);
}

TEST(Cancel, ADetachedWorkerHearsOfItWhenItIsBack) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.detach(lease.session);
  harness.cancel(sweep);
  WorkerHello hello = Harness::hello("w");
  hello.held = Harness::on_cpu({lease.attempt});
  harness.attach(hello);
  const auto stops = all_of<StopAttempt>(harness.last);
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].attempt, lease.attempt);
}

TEST(Cancel, ACancelledSweepCanBeSubmittedAgain) {
  Harness harness;
  const auto plan = PlanOf("s").job("a").job("b", {"a"});
  const SweepId first = harness.submit(plan);
  harness.cancel(first);
  const SweepId second = harness.submit(plan);
  EXPECT_NE(second, first);
  EXPECT_EQ(harness.status(second).counts, (StateCounts{.waiting = 1, .ready = 1}));
}

TEST(Cancel, AFreedSlotTakesTheNextJobOnceTheWorkerSaysSo) {
  Harness harness;
  harness.submit(PlanOf("s").job("a").job("b"));
  const SendLease lease = harness.lease_to("w");
  harness.cancel(lease.job);
  EXPECT_TRUE(all_of<SendLease>(harness.last).empty()) << "its trainer still runs";
  EXPECT_EQ(harness.credits(lease.session, 1).size(), 1U);
}

}  // namespace
}  // namespace spin::core
