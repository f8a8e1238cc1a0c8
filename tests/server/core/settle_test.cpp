#include <algorithm>

#include "tests/server/core/harness.h"

// Sweeps that are larger than what one step may change.

namespace spin::core {
namespace {

const CoordinatorSettings kParts{.part_jobs = 2};

std::size_t states_changed(const Harness& harness) {
  return static_cast<std::size_t>(
      std::count_if(harness.changes.begin(), harness.changes.end(),
                    [](const Change& change) { return std::holds_alternative<SetJobState>(change); }));
}

StateCounts counts(const Harness& harness, SweepId sweep) { return harness.status(sweep).counts; }

TEST(Settle, APauseHoldsAtOnceAndReachesTheJobsInParts) {
  Harness harness(kParts);
  const SweepId sweep = harness.submit(PlanOf("s").jobs("j", 9));
  const SendLease lease = harness.lease_to("w");
  EXPECT_EQ(harness.pause(sweep), 9);
  EXPECT_EQ(all_of<StopAttempt>(harness.last).size(), 1U) << "what runs stops at once";
  EXPECT_LE(states_changed(harness), 3U);
  EXPECT_GT(counts(harness, sweep).ready, 0);
  const SessionId other = harness.attach("v", 4);
  EXPECT_TRUE(harness.credits(other, 4).empty()) << "no job of it starts after the answer";
  harness.heartbeat(lease.session, {});
  while (harness.coordinator->is_unsettled()) {
    harness.send(SettleOn{});
    EXPECT_LE(states_changed(harness), 2U);
    EXPECT_TRUE(all_of<SendLease>(harness.last).empty());
  }
  EXPECT_EQ(counts(harness, sweep), (StateCounts{.paused = 9}));
  EXPECT_EQ(harness.resume(sweep), 9);
  EXPECT_GT(harness.settle(), 2);
  EXPECT_EQ(counts(harness, sweep).paused, 0);
}

TEST(Settle, WhatACancelHasNotReachedIsNotBlockedByAJobThatRunsAgain) {
  Harness harness(kParts);
  const auto plan = PlanOf("s").max_attempts(1).job("r").job("d", {"r"}).job("e", {"r"}).job("x", {"d"});
  const SweepId sweep = harness.submit(plan);
  harness.fail(harness.lease_to("w"), FailureKind::job_error, "no");
  ASSERT_EQ(harness.state("x"), JobState::blocked);
  harness.cancel(sweep);
  ASSERT_EQ(harness.state("d"), JobState::blocked) << "the answer waits for no job";
  harness.send(SettleOn{});
  ASSERT_EQ(harness.state("d"), JobState::cancelled);
  ASSERT_EQ(harness.state("x"), JobState::blocked) << "the cancel has not reached it";
  harness.submit(PlanOf("again").job("r"));  // the harness checks that no job is blocked by nothing
  EXPECT_EQ(harness.state("r"), JobState::ready);
  harness.settle();
  EXPECT_EQ(harness.state("x"), JobState::cancelled);
}

TEST(Settle, ACrashBetweenTwoPartsGoesOn) {
  Harness harness(kParts);
  const SweepId sweep = harness.submit(PlanOf("s").job("a").jobs("j", 8, {"a"}));
  harness.pause(sweep);
  harness.send(SettleOn{});
  const auto before = counts(harness, sweep);
  ASSERT_GT(before.live(), 0);
  harness.restart();
  EXPECT_EQ(counts(harness, sweep), before);
  EXPECT_TRUE(harness.coordinator->is_unsettled());
  const SessionId session = harness.attach("w", 4);
  EXPECT_TRUE(harness.credits(session, 4).empty());
  harness.settle();
  harness.detach(session);
  EXPECT_EQ(counts(harness, sweep), (StateCounts{.paused = 9}));
  harness.resume(sweep);
  harness.restart();
  harness.settle();
  EXPECT_EQ(counts(harness, sweep), (StateCounts{.waiting = 8, .ready = 1}));
  harness.cancel(sweep);
  harness.restart();
  harness.settle();
  EXPECT_EQ(counts(harness, sweep), (StateCounts{.cancelled = 9}));
  harness.steer(sweep, steer::Retry{});
  harness.restart();
  harness.settle();
  EXPECT_EQ(counts(harness, sweep), (StateCounts{.waiting = 8, .ready = 1}));
}

TEST(Settle, WhatIsAskedLaterWins) {
  Harness harness(kParts);
  const SweepId sweep = harness.submit(PlanOf("s").job("a").jobs("j", 8, {"a"}));
  harness.pause(sweep);
  harness.send(SettleOn{});
  harness.resume(sweep);
  harness.send(SettleOn{});
  harness.cancel(sweep);
  harness.settle();
  EXPECT_EQ(counts(harness, sweep), (StateCounts{.cancelled = 9}));
  harness.steer(sweep, steer::Retry{});
  ASSERT_GT(counts(harness, sweep).cancelled, 0);
  harness.pause(sweep);
  harness.settle();
  EXPECT_EQ(counts(harness, sweep), (StateCounts{.paused = 9})) << "the retry goes on below the pause";
  harness.resume(sweep);
  harness.settle();
  EXPECT_EQ(counts(harness, sweep), (StateCounts{.waiting = 8, .ready = 1}));
}

TEST(Settle, WhoActsOnOneJobFindsItAsItsSweepIs) {
  Harness harness(kParts);
  const SweepId sweep = harness.submit(PlanOf("s").jobs("j", 9));
  harness.pause(sweep);
  ASSERT_EQ(harness.state("j8"), JobState::ready);
  EXPECT_EQ(harness.cancel(harness.key("j8")), 1);
  EXPECT_EQ(harness.state("j8"), JobState::cancelled);
  harness.resume(sweep);
  EXPECT_EQ(harness.pause(harness.key("j7")), 1) << "after the resume of the sweep";
  harness.settle();
  EXPECT_EQ(harness.state("j7"), JobState::paused);
  EXPECT_EQ(counts(harness, sweep), (StateCounts{.ready = 7, .cancelled = 1, .paused = 1}));
}

TEST(Settle, WhatWasAskedOfOneJobHoldsWhenThePartComesAfterACrash) {
  Harness harness(kParts);
  const SweepId sweep = harness.submit(PlanOf("s").jobs("j", 9));
  harness.pause(sweep);
  harness.settle();
  harness.resume(sweep);
  EXPECT_EQ(harness.pause(harness.key("j8")), 1);
  harness.restart();
  harness.settle();
  EXPECT_EQ(harness.state("j8"), JobState::paused);
  EXPECT_EQ(counts(harness, sweep), (StateCounts{.ready = 8, .paused = 1}));
  harness.cancel(sweep);
  harness.settle();
  harness.steer(sweep, steer::Retry{});
  EXPECT_EQ(harness.cancel(harness.key("j8")), 1);
  harness.restart();
  harness.settle();
  EXPECT_EQ(counts(harness, sweep), (StateCounts{.ready = 8, .cancelled = 1}));
}

TEST(Settle, WhatIsAskedOfTheSweepAnewReachesAJobThatHadItsTurnEarly) {
  Harness harness(kParts);
  const SweepId sweep = harness.submit(PlanOf("s").jobs("j", 9));
  harness.pause(sweep);
  harness.settle();
  harness.resume(sweep);
  harness.pause(harness.key("j8"));
  harness.resume(sweep);
  harness.restart();
  harness.settle();
  EXPECT_EQ(counts(harness, sweep), (StateCounts{.ready = 9}));
  harness.cancel(sweep);
  harness.settle();
  harness.steer(sweep, steer::Retry{});
  harness.cancel(harness.key("j8"));
  harness.steer(sweep, steer::Retry{});
  harness.restart();
  harness.settle();
  EXPECT_EQ(counts(harness, sweep), (StateCounts{.ready = 9}));
  EXPECT_TRUE(harness.store.sweeps().at(sweep).settled_early.empty());
  EXPECT_TRUE(harness.store.sweeps().at(sweep).retried_early.empty());
}

TEST(Settle, ALostAttemptThatComesBackBeforeTheCancelReachesItsJobIsStopped) {
  Harness harness(kParts);
  const SweepId sweep = harness.submit(PlanOf("s").priority(0).jobs("j", 9));
  harness.steer(harness.key("j8"), steer::SetPriority{5});
  const SendLease lease = harness.lease_to("w");
  ASSERT_EQ(lease.job, harness.key("j8"));
  harness.advance(15'000);
  ASSERT_EQ(harness.state("j8"), JobState::ready);
  harness.cancel(sweep);
  harness.heartbeat(lease.session, {lease.attempt});
  EXPECT_EQ(all_of<StopAttempt>(harness.last).size(), 1U);
  EXPECT_EQ(harness.state("j8"), JobState::cancelled);
  harness.settle();
  EXPECT_EQ(counts(harness, sweep), (StateCounts{.cancelled = 9}));
}

TEST(Settle, AWorkerThatStillSavesGoesOnThoughTheResumeHasNotReachedItsJob) {
  Harness harness(kParts);
  const SweepId sweep = harness.submit(PlanOf("s").jobs("j", 9));
  harness.steer(harness.key("j8"), steer::SetPriority{5});
  const SendLease lease = harness.lease_to("w");
  ASSERT_EQ(lease.job, harness.key("j8"));
  harness.pause(sweep);
  harness.settle();
  harness.resume(sweep);
  ASSERT_EQ(harness.state("j8"), JobState::paused);
  harness.heartbeat(lease.session, {lease.attempt});
  EXPECT_TRUE(all_of<StopAttempt>(harness.last).empty());
  EXPECT_EQ(harness.state("j8"), JobState::running);
  EXPECT_EQ(harness.history("j8"), "running");
  harness.settle();
  EXPECT_EQ(counts(harness, sweep), (StateCounts{.ready = 8, .running = 1}));
}

TEST(Settle, WhatAnotherSweepWantsRunsOnWhileTheCancelIsOnItsWay) {
  Harness harness(kParts);
  const SweepId one = harness.submit(PlanOf("one").job("a").jobs("j", 8, {"a"}));
  const SweepId two = harness.submit(PlanOf("two").job("a").job("j7", {"a"}));
  harness.cancel(one);
  const SendLease lease = harness.lease_to("w");
  EXPECT_EQ(lease.job, harness.key("a"));
  harness.finish(lease);
  EXPECT_EQ(harness.state("j7"), JobState::ready);
  harness.settle();
  EXPECT_EQ(counts(harness, one), (StateCounts{.ready = 1, .completed = 1, .cancelled = 7}));
  EXPECT_EQ(counts(harness, two), (StateCounts{.ready = 1, .completed = 1}));
}

TEST(Settle, ASweepThatIsSubmittedMeanwhileGetsItsJobs) {
  Harness harness(kParts);
  const auto plan = PlanOf("s").job("a").jobs("j", 8, {"a"});
  harness.cancel(harness.submit(plan));
  const SweepId again = harness.submit(plan);
  EXPECT_EQ(counts(harness, again), (StateCounts{.waiting = 8, .ready = 1}));
  harness.settle();
  EXPECT_EQ(counts(harness, again), (StateCounts{.waiting = 8, .ready = 1}));
}

/// Without the harness, which looks at every job after every step.
TEST(Settle, AllJobsOfALargeSweepAreTakenWhileItsCancelIsOnItsWay) {
  constexpr int kJobs = 100'000;
  ModelStore store;
  const auto coordinator = store.boot({}, {});
  SweepSubmitted event;
  event.plan = PlanOf("s").jobs("j", kJobs).plan();
  const auto submit = [&] {
    return all_of<SubmitAccepted>(coordinator->handle(event, {}).messages).at(0).sweep;
  };
  coordinator->handle(SteerRequested{.request = 2, .target = submit(), .action = steer::Cancel{}}, {});
  ASSERT_TRUE(coordinator->is_unsettled());
  const SweepId again = submit();
  EXPECT_EQ(coordinator->sweep_status(again, {})->counts, (StateCounts{.ready = kJobs}));
  while (coordinator->is_unsettled()) coordinator->handle(SettleOn{}, {});
  EXPECT_EQ(coordinator->sweep_status(again, {})->counts, (StateCounts{.ready = kJobs}));
}

TEST(Settle, PrioritiesOfOwnStayWhenTheSweepGetsAnother) {
  Harness harness(kParts);
  const SweepId one = harness.submit(PlanOf("one").priority(1).jobs("a", 3));
  harness.submit(PlanOf("two").priority(2).jobs("b", 3));
  harness.steer(harness.key("a3"), steer::SetPriority{1});
  EXPECT_EQ(harness.steer(one, steer::SetPriority{7}), 3);
  const SessionId session = harness.attach("w", 6);
  const auto leases = harness.credits(session, 6);
  ASSERT_EQ(leases.size(), 6U);
  EXPECT_EQ(leases[0].job, harness.key("a1"));
  EXPECT_EQ(leases[1].job, harness.key("a2"));
  EXPECT_EQ(leases[5].job, harness.key("a3"));
}

TEST(Settle, APriorityHoldsForJobsThatAreStillToCome) {
  Harness harness(kParts);
  const auto all = PlanOf("s").jobs("j", 4).plan();
  FirstPart first = *all;
  first.jobs.resize(2);
  SweepSubmitted event;
  event.request = 1;
  event.plan = std::make_shared<const FirstPart>(first);
  PlanDigest full_plan;
  for (const auto& job : all->jobs) full_plan.add(job.id);
  event.full_plan = full_plan;
  harness.send(event);
  const SweepId sweep = all_of<SubmitAccepted>(harness.last).at(0).sweep;
  harness.steer(sweep, steer::SetPriority{3});
  harness.submit(PlanOf("other").priority(2).job("o"));
  PlanPart rest = *all;
  rest.jobs.erase(rest.jobs.begin(), rest.jobs.begin() + 2);
  rest.first_job = 2;
  harness.send(SweepExtended{.request = 2, .sweep = sweep, .part = std::make_shared<const PlanPart>(rest)});
  const auto leases = harness.credits(harness.attach("w", 5), 5);
  ASSERT_EQ(leases.size(), 5U);
  EXPECT_EQ(leases[4].job, harness.key("o"));
}

}  // namespace
}  // namespace spin::core
