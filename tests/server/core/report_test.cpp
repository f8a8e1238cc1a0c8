#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

ArtifactRef checkpoint(const std::string& name) { return {artifact_id(name), ArtifactKind::checkpoint, 3}; }

/// A job whose first worker went silent, so that a second one runs it now.
struct Overtaken {
  Overtaken() {
    harness.submit(PlanOf("s").job("a").job("b", {"a"}));
    old = harness.lease_to("slow");
    harness.advance(15'000);
    now = harness.lease_to("quick");
    EXPECT_EQ(now.job, old.job);
  }
  Harness harness;
  SendLease old, now;
};

TEST(Report, AResultIsStoredWithItsModelAndReleasesTheDependants) {
  Harness harness;
  harness.submit(PlanOf("s").job("a").job("b", {"a"}).job("c", {"a", "b"}));
  const SendLease lease = harness.lease_to("w");
  harness.finish(lease);
  EXPECT_EQ(harness.state("a"), JobState::completed);
  EXPECT_EQ(harness.state("b"), JobState::ready);
  EXPECT_EQ(harness.state("c"), JobState::waiting);
  EXPECT_TRUE(artifact_in(harness.stored("a").artifacts, ArtifactKind::model).has_value());
  EXPECT_EQ(harness.store.job(lease.job).result_of, lease.attempt);
  EXPECT_EQ(harness.history("a"), "finished");
  EXPECT_EQ(harness.coordinator->workers().at(0).busy, 0);
}

TEST(Report, ADivergedJobIsAResultAndBlocksItsDependants) {
  Harness harness;
  harness.submit(PlanOf("s").job("a").job("b", {"a"}).job("c", {"b"}));
  harness.finish(harness.lease_to("w"), Outcome::diverged);
  EXPECT_EQ(harness.state("a"), JobState::diverged);
  EXPECT_EQ(harness.state("b"), JobState::blocked);
  EXPECT_EQ(harness.state("c"), JobState::blocked);
  EXPECT_NE(harness.stored("c").reason.find("diverged"), std::string::npos);
}

TEST(Report, EachIsAcknowledgedAlsoWhenItIsRepeatedOrMeansNothing) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  const auto acknowledged = [&](const spin::Report& report) {
    const auto acks = all_of<ReportAck>(harness.say(lease.session, SequencedReport{42, report}));
    return acks.size() == 1 && acks[0].sequence == 42;
  };
  const spin::Report finished{id_of("a"), lease.attempt, AttemptFinished{}};
  EXPECT_TRUE(acknowledged({id_of("nowhere"), lease.attempt, AttemptFinished{}}));
  EXPECT_TRUE(acknowledged({id_of("a"), {1, 99}, AttemptFinished{}}));
  EXPECT_TRUE(acknowledged({id_of("a"), {0, 0}, AttemptFinished{}}));
  EXPECT_EQ(harness.state("a"), JobState::running) << "none of these tokens was ever issued";
  EXPECT_TRUE(acknowledged(finished));
  EXPECT_TRUE(acknowledged(finished));
  EXPECT_EQ(harness.coordinator->counters().results, 1);
  EXPECT_TRUE(all_of<ReportAck>(harness.report(lease, AttemptStarted{}, 0)).empty())
      << "0 is not acknowledged";
}

TEST(Report, ATokenOfAnotherJobIsIgnored) {
  Harness harness;
  harness.submit(PlanOf("s").job("a").job("b"));
  const SendLease a = harness.lease_to("v");
  const SendLease b = harness.lease_to("w");
  harness.say(a.session, SequencedReport{1, {id_of("b"), a.attempt, AttemptFinished{}}});
  EXPECT_EQ(harness.state("a"), JobState::running);
  EXPECT_EQ(harness.state("b"), JobState::running);
  harness.finish(b);
  EXPECT_EQ(harness.state("b"), JobState::completed);
}

TEST(Report, ARepeatedResultOfTheWinnerIsNoDuplicate) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.finish(lease);
  harness.finish(lease);
  EXPECT_TRUE(harness.changes.empty());
  EXPECT_EQ(harness.coordinator->counters().duplicates, 0);
}

TEST(Report, ALateResultIsTakenWhereNobodyHasOneYet) {
  Harness harness;
  harness.submit(PlanOf("s").job("a").job("b", {"a"}));
  const SendLease lease = harness.lease_to("w");
  harness.advance(15'000);
  ASSERT_EQ(harness.state("a"), JobState::ready);
  harness.finish(lease);
  EXPECT_EQ(harness.state("a"), JobState::completed);
  EXPECT_EQ(harness.state("b"), JobState::ready);
  EXPECT_EQ(harness.history("a"), "finished");
}

TEST(Report, ALateResultStopsWhoRunsTheJobNow) {
  Overtaken test;
  test.harness.finish(test.old);
  EXPECT_EQ(test.harness.state("a"), JobState::completed);
  const auto stops = all_of<StopAttempt>(test.harness.last);
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].attempt, test.now.attempt);
  EXPECT_EQ(test.harness.history("a"), "finished stopped");

  test.harness.finish(test.now);
  EXPECT_EQ(test.harness.store.job(test.old.job).result_of, test.old.attempt) << "the first result stays";
  EXPECT_EQ(test.harness.coordinator->counters().duplicates, 1);
}

TEST(Report, TheResultOfTheLostAttemptIsADuplicateOnceThereIsOne) {
  Overtaken test;
  test.harness.finish(test.now);
  test.harness.finish(test.old);
  EXPECT_TRUE(test.harness.changes.empty());
  EXPECT_EQ(test.harness.store.job(test.old.job).result_of, test.now.attempt);
  EXPECT_EQ(test.harness.coordinator->counters().duplicates, 1);
  EXPECT_EQ(test.harness.history("a"), "lost finished");
}

TEST(Report, AStaleAttemptChangesNothing) {
  Overtaken test;
  test.harness.report(test.now, EpochFinished{{1, {{Metric::top1, 50}, {Metric::top5, 60}}}});
  test.harness.report(test.now, CheckpointStored{checkpoint("new"), 2});
  test.harness.report(test.old, EpochFinished{{1, {{Metric::top1, 10}, {Metric::top5, 20}}}});
  test.harness.report(test.old, CheckpointStored{checkpoint("stale"), 1});
  test.harness.fail(test.old, FailureKind::job_error);
  EXPECT_EQ(test.harness.state("a"), JobState::running);
  EXPECT_EQ(artifact_in(test.harness.stored("a").artifacts, ArtifactKind::checkpoint), checkpoint("new"));
  EXPECT_EQ(test.harness.store.job(test.old.job).epochs.at(1).values[Metric::top1], 50);
  EXPECT_EQ(test.harness.stored("a").failures, 0);
}

TEST(Report, AnAttemptThatACancelStoppedChangesNothing) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.cancel(lease.job);
  harness.report(lease, EpochFinished{{1, {{Metric::top1, 10}, {Metric::top5, 20}}}});
  EXPECT_TRUE(harness.changes.empty());
  harness.say(lease.session, SequencedReport{1, {id_of("a"), {1, 99}, EpochFinished{{1, {}}}}});
  EXPECT_TRUE(harness.changes.empty());
}

TEST(Report, TheCurveOfALateResultIsWhole) {
  Overtaken test;
  test.harness.report(test.now, EpochFinished{{1, {{Metric::top1, 50}, {Metric::top5, 60}}}});
  for (const int epoch : {1, 2, 3})
    test.harness.report(test.old, EpochFinished{{epoch, {{Metric::top1, 10}, {Metric::top5, 20}}}});
  test.harness.finish(test.old);
  EXPECT_EQ(test.harness.state("a"), JobState::completed);
  const auto& epochs = test.harness.store.job(test.old.job).epochs;
  EXPECT_EQ(epochs.size(), 3U);
  EXPECT_EQ(epochs.at(1).values[Metric::top1], 50) << "the running attempt's was there first";
}

TEST(Report, TheCurveOfALateResultIsWholeAlsoAfterARestart) {
  Overtaken test;
  test.harness.restart();
  test.old.session = test.harness.attach("slow");
  test.harness.report(test.old, EpochFinished{{1, {{Metric::top1, 10}, {Metric::top5, 20}}}});
  test.harness.finish(test.old);
  EXPECT_EQ(test.harness.state("a"), JobState::completed);
  EXPECT_EQ(test.harness.store.job(test.old.job).epochs.size(), 1U);
}

TEST(Report, TheRunningAttemptReplacesWhatAnOvertakenOneTold) {
  Overtaken test;
  test.harness.report(test.old, EpochFinished{{1, {{Metric::top1, 10}, {Metric::top5, 20}}}});
  test.harness.report(test.now, EpochFinished{{1, {{Metric::top1, 50}, {Metric::top5, 60}}}});
  EXPECT_EQ(test.harness.store.job(test.old.job).epochs.at(1).values[Metric::top1], 50);
}

TEST(Report, ALostAttemptStaysLostOnceTheNextOneHasACheckpoint) {
  Overtaken test;
  test.harness.report(test.now, CheckpointStored{checkpoint("new"), 9});
  test.harness.fail(test.now, FailureKind::refused);
  test.harness.report(test.old, CheckpointStored{checkpoint("stale"), 7});
  EXPECT_EQ(artifact_in(test.harness.stored("a").artifacts, ArtifactKind::checkpoint), checkpoint("new"));
}

TEST(Report, ALostAttemptThatNobodyReplacedStillSpeaksForItsJob) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.advance(15'000);
  harness.report(lease, EpochFinished{{3, {{Metric::top1, 10}, {Metric::top5, 20}}}});
  harness.report(lease, CheckpointStored{checkpoint("c3"), 3});
  EXPECT_EQ(harness.state("a"), JobState::ready);
  EXPECT_EQ(harness.store.job(lease.job).epochs.count(3), 1U);
  EXPECT_EQ(input_of(harness.lease_to("v"), InputRole::resume), checkpoint("c3"));
}

TEST(Report, RepeatedLogLinesAreWrittenOnce) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.report(lease, LogLines{{"one", "two"}}, 5);
  harness.report(lease, LogLines{{"one", "two"}}, 5);
  harness.report(lease, LogLines{{"three"}}, 6);
  harness.report(lease, LogLines{{"four"}}, 0);
  EXPECT_EQ(harness.store.job(lease.job).log, (std::vector<std::string>{"one", "two", "three", "four"}));
}

TEST(Report, AnOlderCheckpointThatIsRepeatedDoesNotReplaceANewerOne) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.report(lease, CheckpointStored{checkpoint("c1"), 1}, 1);
  harness.report(lease, CheckpointStored{checkpoint("c2"), 2}, 2);
  harness.report(lease, CheckpointStored{checkpoint("c1"), 1}, 1);
  EXPECT_EQ(artifact_in(harness.stored("a").artifacts, ArtifactKind::checkpoint), checkpoint("c2"));
}

TEST(Report, AnEpochReplacesAnEarlierReportOfTheSameEpoch) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.report(lease, EpochFinished{{1, {{Metric::loss, 2.0}}}});
  harness.report(lease, EpochFinished{{1, {{Metric::loss, 1.0}}}});
  EXPECT_EQ(harness.store.job(lease.job).epochs.at(1).values[Metric::loss], 1.0);
  EXPECT_EQ(harness.coordinator->counters().epochs, 2);
}

TEST(Report, TheCheckpointOfAnEndedAttemptIsThatOfTheNextOne) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  const ArtifactRef checkpoint{artifact_id("c"), ArtifactKind::checkpoint, 3};
  harness.report(lease, AttemptFailed{FailureKind::refused, "the worker was stopped", checkpoint, 2});
  ASSERT_EQ(harness.state("a"), JobState::ready);
  EXPECT_EQ(harness.stored("a").failures, 0);
  const auto again = harness.credits(lease.session, 1);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(input_of(again[0], InputRole::resume), checkpoint);
}

TEST(Report, TheCheckpointOfALostAttemptIsTakenWhereItsSuccessorHasNone) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.detach(lease.session);
  harness.advance(20'000);
  const SendLease second = harness.lease_to("quick");
  WorkerHello back = Harness::hello("w");
  back.instance = "next start";
  back.held = Harness::on_cpu({lease.attempt});
  SendLease delivered = lease;
  delivered.session = harness.attach(back);
  const ArtifactRef checkpoint{artifact_id("c"), ArtifactKind::checkpoint, 3};
  harness.report(delivered, AttemptFailed{FailureKind::refused, "the worker was stopped", checkpoint, 2});
  EXPECT_EQ(harness.state("a"), JobState::running) << "the other one goes on";
  harness.fail(second, FailureKind::refused, "stopping");
  const auto third = harness.credits(second.session, 1);
  ASSERT_EQ(third.size(), 1U);
  EXPECT_EQ(input_of(third[0], InputRole::resume), checkpoint);
}

}  // namespace
}  // namespace spin::core
