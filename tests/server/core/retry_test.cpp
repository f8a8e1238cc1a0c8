#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

TEST(Retry, FailedAndCancelledJobsBeginAnew) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").max_attempts(1).job("a").job("b", {"a"}).job("c"));
  harness.fail(harness.lease_to("w"), FailureKind::job_error);
  harness.cancel(harness.key("c"));
  EXPECT_EQ(harness.steer(sweep, steer::Retry{}), 2);
  EXPECT_EQ(harness.status(sweep).counts, (StateCounts{.waiting = 1, .ready = 2}));
  EXPECT_EQ(harness.stored("a").failures, 0);
}

TEST(Retry, OnlyFailedOnesWhereThatIsAsked) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").max_attempts(1).job("a").job("c"));
  harness.fail(harness.lease_to("w"), FailureKind::job_error);
  harness.cancel(harness.key("c"));
  EXPECT_EQ(harness.steer(sweep, steer::Retry{true}), 1);
  EXPECT_EQ(harness.state("c"), JobState::cancelled);
  EXPECT_NE(harness.steer_refused(harness.key("c"), steer::Retry{true}).message.find("only a failed job"),
            std::string::npos);
  EXPECT_EQ(harness.steer(harness.key("c"), steer::Retry{}), 1);
}

TEST(Retry, ACancelledSweepCountsAgain) {
  Harness harness;
  const SweepId one = harness.submit(PlanOf("one").job("a").job("b"));
  const SweepId two = harness.submit(PlanOf("two").job("b"));
  harness.cancel(one);
  EXPECT_NE(harness.steer_refused(harness.key("a"), steer::Retry{}).message.find("retry the sweep"),
            std::string::npos);
  EXPECT_EQ(harness.steer(one, steer::Retry{}), 1);
  EXPECT_EQ(harness.state("a"), JobState::ready);
  EXPECT_EQ(harness.cancel(two), 0) << "the first needs it again";
  EXPECT_EQ(harness.state("b"), JobState::ready);
  harness.restart();
  EXPECT_EQ(harness.cancel(one), 2);
}

TEST(Retry, ADivergedJobIsAResult) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  harness.finish(harness.lease_to("w"), Outcome::diverged);
  EXPECT_EQ(harness.steer_refused(harness.key("a"), steer::Retry{}).code, ErrorCode::failed_precondition);
  EXPECT_EQ(harness.steer_refused(sweep, steer::Retry{}).message,
            "sweep 1 's' has no failed or cancelled job that could be retried");
}

TEST(Retry, ANameThatAnotherSweepHasTakenIsNotTakenBack) {
  Harness harness;
  const SweepId first = harness.submit(PlanOf("s").job("a"));
  harness.cancel(first);
  harness.submit(PlanOf("s").job("b"));
  EXPECT_NE(harness.steer_refused(first, steer::Retry{}).message.find("has taken the name"),
            std::string::npos);
}

TEST(Replace, JobsOfBothGoOnAndTheOthersAreCancelled) {
  Harness harness;
  const SweepId old = harness.submit(PlanOf("s").job("a").job("b").job("c"));
  const SendLease lease = harness.lease_to("w");
  ASSERT_EQ(lease.job, harness.key("a"));
  const Error refused = harness.submit_refused(PlanOf("s").job("a").job("d"));
  EXPECT_NE(refused.message.find("--replace"), std::string::npos) << refused.message;

  const SweepId fresh = harness.submit(PlanOf("s").job("a").job("d"), true);
  EXPECT_NE(fresh, old);
  EXPECT_TRUE(all_of<StopAttempt>(harness.last).empty());
  EXPECT_EQ(all_of<SubmitAccepted>(harness.last).at(0).jobs_new, 1);
  EXPECT_EQ(harness.state("a"), JobState::running);
  EXPECT_EQ(harness.state("b"), JobState::cancelled);
  EXPECT_EQ(harness.stored("b").reason, "sweep 2 's' has taken its place");
  EXPECT_EQ(harness.status(fresh).counts, (StateCounts{.ready = 1, .running = 1}));
  harness.finish(lease);
  EXPECT_EQ(harness.state("a"), JobState::completed);
}

TEST(Priority, OfASweepAndOfAJob) {
  Harness harness;
  const SweepId low = harness.submit(PlanOf("low").jobs("l", 3));
  harness.submit(PlanOf("high").priority(2).jobs("h", 2));
  EXPECT_EQ(harness.steer(low, steer::SetPriority{5}), 3);
  EXPECT_EQ(harness.status(low).priority, 5);
  EXPECT_EQ(harness.steer(harness.key("l2"), steer::SetPriority{-1}), 1);
  harness.restart();
  EXPECT_EQ(harness.status(low).priority, 5);
  const auto leases = harness.credits(harness.attach("w", 8), 8);
  std::vector<JobKey> order;
  for (const auto& lease : leases) order.push_back(lease.job);
  EXPECT_EQ(order, (std::vector{harness.key("l1"), harness.key("l3"), harness.key("h1"), harness.key("h2"),
                                harness.key("l2")}));
  EXPECT_EQ(harness.stored("l2").priority, -1);
}

TEST(Priority, OfWhatIsOverIsRefused) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  harness.finish(harness.lease_to("w"));
  EXPECT_EQ(harness.steer_refused(sweep, steer::SetPriority{1}).code, ErrorCode::failed_precondition);
  EXPECT_EQ(harness.steer_refused(harness.key("a"), steer::SetPriority{1}).code,
            ErrorCode::failed_precondition);
}

TEST(Drain, TellsTheWorkerAndSaysHowManyJobsItFinishes) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 3));
  const SessionId session = harness.attach("w", 2);
  harness.credits(session, 1);
  harness.send(DrainRequested{7, "w"});
  EXPECT_EQ(all_of<DrainRequest>(harness.last).size(), 1U);
  ASSERT_EQ(all_of<DrainAccepted>(harness.last).size(), 1U);
  EXPECT_EQ(all_of<DrainAccepted>(harness.last)[0].request, 7U);
  EXPECT_EQ(all_of<DrainAccepted>(harness.last)[0].running, 1);
  EXPECT_EQ(harness.coordinator->workers().at(0).state, "draining");
  EXPECT_TRUE(harness.credits(session, 1).empty());
}

TEST(Drain, AWorkerThatIsNotThereIsNotFound) {
  Harness harness;
  harness.attach("w");
  harness.send(DrainRequested{7, "v"});
  ASSERT_EQ(all_of<RequestRefused>(harness.last).size(), 1U);
  EXPECT_EQ(all_of<RequestRefused>(harness.last)[0].error.code, ErrorCode::not_found);
  EXPECT_EQ(all_of<RequestRefused>(harness.last)[0].error.message, "no worker 'v' is attached; there are w");
}

}  // namespace
}  // namespace spin::core
