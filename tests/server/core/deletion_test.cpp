#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

bool is_shown(const Harness& harness, SweepId sweep) {
  return harness.coordinator->sweep_status(sweep, harness.now).has_value();
}

TEST(Deletion, ASweepGoesWithTheJobsThatNobodyElseHas) {
  Harness harness;
  const SweepId one = harness.submit(PlanOf("one").job("a").job("b", {"a"}));
  const SweepId two = harness.submit(PlanOf("two").job("a").job("c", {"a"}));
  for (const auto* worker : {"u", "v", "w"}) harness.finish(harness.lease_to(worker));
  EXPECT_EQ(harness.steer(one, steer::Delete{}), 1);
  EXPECT_FALSE(is_shown(harness, one));
  EXPECT_EQ(harness.store.find(id_of("b")), nullptr);
  EXPECT_EQ(harness.state("a"), JobState::completed) << "the other sweep has it";
  EXPECT_EQ(harness.status(two).counts, (StateCounts{.completed = 2}));
  EXPECT_TRUE(harness.store.sweeps().contains(two));
  EXPECT_FALSE(harness.store.sweeps().contains(one));
  harness.restart();
  EXPECT_EQ(harness.status(two).counts, (StateCounts{.completed = 2}));
  EXPECT_EQ(harness.steer(two, steer::Delete{}), 2);
  EXPECT_TRUE(harness.store.jobs().empty());
}

TEST(Deletion, IsRefusedWhileThereAreJobsToGo) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a").job("b"));
  Error error = harness.steer_refused(sweep, steer::Delete{});
  EXPECT_EQ(error.code, ErrorCode::failed_precondition);
  EXPECT_EQ(error.message, "sweep 1 's' has 2 jobs to go; cancel it first, or wait for it");
  harness.pause(sweep);
  harness.settle();
  EXPECT_EQ(harness.steer_refused(sweep, steer::Delete{}).code, ErrorCode::failed_precondition);
  harness.cancel(sweep);
  harness.settle();
  EXPECT_EQ(harness.steer_refused(harness.key("a"), steer::Delete{}).code, ErrorCode::invalid_argument);
  EXPECT_EQ(harness.steer(sweep, steer::Delete{}), 2);
  EXPECT_EQ(harness.steer_refused(sweep, steer::Delete{}).code, ErrorCode::not_found);
}

TEST(Deletion, WhatAnotherSweepStillRunsStays) {
  Harness harness;
  const SweepId one = harness.submit(PlanOf("one").job("a").job("b"));
  const SweepId two = harness.submit(PlanOf("two").job("b"));
  harness.cancel(one);
  harness.settle();
  EXPECT_EQ(harness.steer(one, steer::Delete{}), 1);
  const SendLease lease = harness.lease_to("w");
  EXPECT_EQ(lease.job, harness.key("b"));
  harness.finish(lease);
  EXPECT_EQ(harness.status(two).counts, (StateCounts{.completed = 1}));
}

TEST(Deletion, OfFailedAndBlockedJobsLeavesNothingThatARetryRevives) {
  Harness harness;
  const SweepId one = harness.submit(PlanOf("one").job("a").job("b", {"a"}));
  const SweepId two = harness.submit(PlanOf("two").job("a"));
  harness.cancel(harness.key("a"));
  ASSERT_EQ(harness.state("b"), JobState::blocked);
  EXPECT_EQ(harness.steer(one, steer::Delete{}), 1);
  harness.settle();
  EXPECT_EQ(harness.steer(two, steer::Retry{}), 1);
  harness.settle();
  harness.finish(harness.lease_to("w"));
  EXPECT_EQ(harness.store.jobs().size(), 1U);
}

TEST(Deletion, GoesOnInPartsAcrossRestartsAndNobodySeesTheSweepMeanwhile) {
  CoordinatorSettings settings;
  settings.deleted_jobs = 2;
  Harness harness(settings);
  PlanOf plan("s");
  plan.job("a").job("b", {"a"}).job("c", {"a"}).job("d", {"b"}).job("e", {"d"});
  const SweepId sweep = harness.submit(plan);
  harness.cancel(sweep);
  harness.settle();
  EXPECT_EQ(harness.steer(sweep, steer::Delete{}), 5);
  EXPECT_EQ(harness.store.jobs().size(), 3U);
  EXPECT_FALSE(is_shown(harness, sweep));
  EXPECT_TRUE(harness.coordinator->sweeps().empty());
  harness.die_in(SettleOn{});
  EXPECT_FALSE(is_shown(harness, sweep));
  // Handed in again meanwhile: what is not deleted yet is shared, and stays.
  const SweepId again = harness.submit(plan);
  EXPECT_GT(again, sweep);
  EXPECT_GT(harness.settle(), 0);
  EXPECT_FALSE(harness.store.sweeps().contains(sweep));
  EXPECT_EQ(harness.status(again).counts.total(), 5);
  for (int i = 0; i < 5; ++i) harness.finish(harness.lease_to("w" + std::to_string(i)));
  EXPECT_EQ(harness.status(again).counts, (StateCounts{.completed = 5}));
}

TEST(Deletion, GoesOnWhereTheSweepAloneIsLeft) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a").job("b", {"a"}));
  harness.cancel(sweep);
  harness.settle();
  const auto effects = harness.coordinator->handle(SteerRequested{77, sweep, steer::Delete{}}, harness.now);
  for (const auto& change : effects.changes)
    if (!std::holds_alternative<DeleteSweep>(change)) harness.store.apply_one(change);
  harness.restart();
  ASSERT_TRUE(harness.store.sweeps().contains(sweep));
  EXPECT_TRUE(harness.store.jobs().empty());
  EXPECT_FALSE(is_shown(harness, sweep));
  EXPECT_GT(harness.settle(), 0);
  EXPECT_FALSE(harness.store.sweeps().contains(sweep));
}

TEST(Deletion, WhatComesOfADeletedJobIsAcknowledgedAndDropped) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  const JobId id = id_of("a");
  harness.cancel(sweep);
  harness.settle();
  EXPECT_EQ(harness.steer(sweep, steer::Delete{}), 1);
  AttemptFinished finished;
  finished.result.outcome = Outcome::completed;
  std::uint64_t sequence = 0;
  for (const ReportBody& body : {ReportBody{LogLines{{"late"}}}, ReportBody{EpochFinished{}},
                                 ReportBody{CheckpointStored{}}, ReportBody{finished}}) {
    harness.say(lease.session, SequencedReport{++sequence, {id, lease.attempt, body}});
    EXPECT_EQ(all_of<ReportAck>(harness.last).size(), 1U);
    EXPECT_TRUE(harness.changes.empty());
  }
  // Also from an outbox that comes after a restart, and while the worker says that it still has the attempt.
  harness.restart();
  WorkerHello hello = Harness::hello("w");
  hello.held = Harness::on_cpu({lease.attempt});
  const SessionId session = harness.attach(hello);
  EXPECT_EQ(all_of<StopAttempt>(harness.last).size(), 1U);
  harness.say(session, SequencedReport{1, {id, lease.attempt, finished}});
  EXPECT_EQ(all_of<ReportAck>(harness.last).size(), 1U);
  EXPECT_TRUE(harness.store.jobs().empty());
}

TEST(Deletion, NoLaterSweepGetsTheId) {
  Harness harness;
  const SweepId one = harness.submit(PlanOf("one").job("a"));
  harness.finish(harness.lease_to("w"));
  harness.steer(one, steer::Delete{});
  harness.restart();
  const SweepId two = harness.submit(PlanOf("two").job("a"));
  EXPECT_GT(two, one);
  EXPECT_EQ(harness.state("a"), JobState::ready) << "its result went with the sweep";
}

TEST(Deletion, ManyJobsComeAndGo) {
  Harness harness;
  for (int round = 0; round < 20; ++round) {
    PlanOf kept("kept-" + std::to_string(round)), gone("gone-" + std::to_string(round));
    for (int i = 0; i < 15; ++i) {
      kept.job("k" + std::to_string(round) + "." + std::to_string(i));
      gone.job("g" + std::to_string(round) + "." + std::to_string(i));
    }
    harness.submit(kept);
    const SweepId sweep = harness.submit(gone);
    harness.cancel(sweep);
    harness.settle();
    EXPECT_EQ(harness.steer(sweep, steer::Delete{}), 15);
    harness.settle();
    if (round % 7 == 3) harness.restart();
  }
  EXPECT_EQ(harness.store.jobs().size(), 300U);
}

}  // namespace
}  // namespace spin::core
