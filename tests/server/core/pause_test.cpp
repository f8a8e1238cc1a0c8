#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

const ArtifactRef kSaved{artifact_id("saved"), ArtifactKind::checkpoint, 5};

TEST(Pause, ARunningJobIsStoppedWithItsCheckpoint) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a").job("b", {"a"}));
  const SendLease lease = harness.lease_to("w");
  EXPECT_EQ(harness.pause(sweep), 2);
  const auto stops = all_of<StopAttempt>(harness.last);
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].attempt, lease.attempt);
  EXPECT_TRUE(stops[0].keep);
  EXPECT_EQ(harness.status(sweep).counts, (StateCounts{.paused = 2}));
  EXPECT_TRUE(harness.status(sweep).paused);
  EXPECT_EQ(harness.history("a"), "stopped");
  EXPECT_EQ(harness.stored("a").reason, "sweep 1 's' is paused");
}

TEST(Pause, TheCheckpointThatItSavesIsTakenAndUsedAfterTheResume) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.pause(sweep);
  harness.report(lease, CheckpointStored{kSaved, 3}, 1);
  EXPECT_EQ(artifact_in(harness.stored("a").artifacts, ArtifactKind::checkpoint), kSaved);
  harness.fail(lease, FailureKind::refused, "paused");
  EXPECT_EQ(harness.resume(sweep), 1);
  const auto next = harness.credits(lease.session, 1);
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(input_of(next[0], InputRole::resume), kSaved);
}

TEST(Pause, AResumeWaitsForTheWorkerThatStillSaves) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  const SessionId other = harness.attach("v", 1);
  harness.credits(other, 1);
  harness.pause(sweep);
  EXPECT_EQ(harness.resume(sweep), 1);
  EXPECT_TRUE(all_of<SendLease>(harness.last).empty());
  EXPECT_EQ(harness.state("a"), JobState::running);
  harness.heartbeat(lease.session, {lease.attempt});
  EXPECT_TRUE(all_of<StopAttempt>(harness.last).empty());
  harness.report(lease, CheckpointStored{kSaved, 3}, 1);
  harness.report(lease, AttemptFailed{FailureKind::refused, "paused"}, 2);
  const auto next = all_of<SendLease>(harness.last);
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next[0].session, other);
  EXPECT_EQ(input_of(next[0], InputRole::resume), kSaved);
  EXPECT_EQ(harness.history("a"), "stopped running");
  EXPECT_EQ(harness.stored("a").failures, 0);
}

TEST(Pause, AResumeWaitsForTheCheckpointThoughTheTrainerHasEnded) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.pause(sweep);
  EXPECT_TRUE(harness.credits(lease.session, 1).empty());
  harness.resume(sweep);
  EXPECT_TRUE(all_of<SendLease>(harness.last).empty());
  harness.fail(lease, FailureKind::refused, "paused");
  EXPECT_EQ(harness.state("a"), JobState::ready);
}

TEST(Pause, AResumeDoesNotWaitForeverForAWorkerThatFallsSilent) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  harness.lease_to("w");
  harness.pause(sweep);
  harness.resume(sweep);
  harness.advance(15'000);
  EXPECT_EQ(harness.state("a"), JobState::ready);
  EXPECT_FALSE(input_of(harness.lease_to("v"), InputRole::resume).has_value());
}

TEST(Pause, AResumeDoesNotWaitForAWorkerThatHasSaved) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.pause(sweep);
  harness.fail(lease, FailureKind::refused, "paused");
  harness.resume(sweep);
  harness.heartbeat(lease.session, {lease.attempt});  // it has not heard of our acknowledgement
  EXPECT_EQ(harness.state("a"), JobState::ready);
}

TEST(Pause, AResumeDoesNotWaitForAWorkerThatIsGoneAndTakesItsCheckpointAllTheSame) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  SendLease lease = harness.lease_to("w");
  harness.pause(sweep);
  harness.detach(lease.session);
  harness.resume(sweep);
  const SendLease next = harness.lease_to("v");
  WorkerHello hello = Harness::hello("w");
  hello.held = Harness::on_cpu({lease.attempt});
  lease.session = harness.attach(hello);
  harness.report(lease, CheckpointStored{kSaved, 3}, 1);
  EXPECT_EQ(artifact_in(harness.stored("a").artifacts, ArtifactKind::checkpoint), kSaved);
  const ArtifactRef newer{artifact_id("newer"), ArtifactKind::checkpoint, 5};
  harness.report(next, CheckpointStored{newer, 4}, 1);
  harness.report(lease, CheckpointStored{kSaved, 3}, 1);
  EXPECT_EQ(artifact_in(harness.stored("a").artifacts, ArtifactKind::checkpoint), newer);
}

TEST(Pause, ALateCheckpointIsNotTheBestOfWhoRunsTheJobNow) {
  Harness harness({.retention = Retention::best});
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  SendLease lease = harness.lease_to("w");
  harness.pause(sweep);
  harness.detach(lease.session);
  harness.resume(sweep);
  const SendLease next = harness.lease_to("v");
  harness.report(next, EpochFinished{{3, {{Metric::top1, 50}, {Metric::top5, 60}}}});
  lease.session = harness.attach("w");
  harness.report(lease, CheckpointStored{kSaved, 3}, 1);
  EXPECT_EQ(artifact_in(harness.stored("a").artifacts, ArtifactKind::checkpoint), kSaved);
  EXPECT_FALSE(artifact_in(harness.stored("a").artifacts, ArtifactKind::best).has_value());
}

TEST(Pause, TheCheckpointIsAlsoTakenAfterARestart) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  SendLease lease = harness.lease_to("w");
  harness.pause(sweep);
  harness.restart();
  EXPECT_EQ(harness.status(sweep).counts, (StateCounts{.paused = 1}));
  EXPECT_TRUE(harness.status(sweep).paused);
  lease.session = harness.attach("w");
  harness.report(lease, CheckpointStored{{artifact_id("saved"), ArtifactKind::checkpoint, 5}, 3}, 1);
  EXPECT_TRUE(artifact_in(harness.stored("a").artifacts, ArtifactKind::checkpoint).has_value());
}

TEST(Pause, AnAttemptThatFinishesAllTheSameIsTaken) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a").job("b", {"a"}));
  const SendLease lease = harness.lease_to("w");
  harness.pause(sweep);
  harness.finish(lease);
  EXPECT_EQ(harness.state("a"), JobState::completed);
  EXPECT_EQ(harness.history("a"), "finished");
  EXPECT_EQ(harness.state("b"), JobState::paused);
  EXPECT_EQ(harness.resume(sweep), 1);
  EXPECT_EQ(harness.state("b"), JobState::ready) << "its dependency was done meanwhile";
}

TEST(Pause, AHeartbeatDoesNotRevive) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.pause(sweep);
  harness.heartbeat(lease.session, {lease.attempt});
  const auto stops = all_of<StopAttempt>(harness.last);
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_TRUE(stops[0].keep);
  EXPECT_EQ(harness.state("a"), JobState::paused);
  harness.fail(lease, FailureKind::job_error);
  EXPECT_EQ(harness.state("a"), JobState::paused);
  EXPECT_EQ(harness.stored("a").failures, 0);
}

TEST(Pause, ALostAttemptThatComesBackIsStopped) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.advance(15'000);
  ASSERT_EQ(harness.state("a"), JobState::ready);
  harness.pause(sweep);
  harness.heartbeat(lease.session, {lease.attempt});
  ASSERT_EQ(all_of<StopAttempt>(harness.last).size(), 1U);
  EXPECT_EQ(harness.state("a"), JobState::paused);
}

TEST(Pause, NothingIsHandedOutUntilAResume) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").jobs("j", 3));
  harness.pause(sweep);
  const SessionId session = harness.attach("w", 3);
  EXPECT_TRUE(harness.credits(session, 3).empty());
  harness.resume(sweep);
  EXPECT_EQ(all_of<SendLease>(harness.last).size(), 3U);
}

TEST(Pause, WhatAnotherSweepWantsRunsOn) {
  Harness harness;
  const SweepId one = harness.submit(PlanOf("one").job("a").job("b"));
  const SweepId two = harness.submit(PlanOf("two").job("b").job("c"));
  EXPECT_EQ(harness.pause(one), 1);
  EXPECT_EQ(harness.state("b"), JobState::ready);
  EXPECT_EQ(harness.pause(two), 2);
  EXPECT_EQ(harness.state("b"), JobState::paused);
  EXPECT_EQ(harness.resume(one), 2);
  EXPECT_EQ(harness.state("b"), JobState::ready);
  EXPECT_EQ(harness.state("c"), JobState::paused);
}

TEST(Pause, WhenTheLastSweepThatWantsAJobIsCancelledItIsPaused) {
  Harness harness;
  const SweepId one = harness.submit(PlanOf("one").job("a").job("b"));
  const SweepId two = harness.submit(PlanOf("two").job("b"));
  harness.pause(one);
  EXPECT_EQ(harness.cancel(two), 0);
  EXPECT_EQ(harness.state("b"), JobState::paused);
  EXPECT_EQ(harness.cancel(one), 2) << "a paused job is not final";
}

TEST(Pause, ASubmissionThatNeedsAPausedJobResumesIt) {
  Harness harness;
  const SweepId one = harness.submit(PlanOf("one").job("a").job("b"));
  harness.pause(one);
  harness.submit(PlanOf("two").job("b"));
  EXPECT_EQ(harness.state("a"), JobState::paused);
  EXPECT_EQ(harness.state("b"), JobState::ready);
}

TEST(Pause, FailuresAreNotForgotten) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  harness.fail(harness.lease_to("w"), FailureKind::job_error);
  harness.pause(sweep);
  harness.resume(sweep);
  EXPECT_EQ(harness.state("a"), JobState::ready);
  EXPECT_EQ(harness.stored("a").failures, 1);
}

TEST(Pause, AJobThatWasPausedWhileItsDependencyFailedIsBlockedByTheResume) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(1).job("a").job("b", {"a"}).job("c", {"b"}));
  const SendLease lease = harness.lease_to("w");
  harness.pause(harness.key("b"));
  harness.fail(lease, FailureKind::job_error);
  EXPECT_EQ(harness.state("b"), JobState::paused);
  EXPECT_EQ(harness.state("c"), JobState::waiting);
  EXPECT_EQ(harness.resume(harness.key("b")), 1);
  EXPECT_EQ(harness.state("b"), JobState::blocked);
  EXPECT_EQ(harness.state("c"), JobState::blocked);
}

TEST(Pause, RevivedJobsOfAPausedSweepArePaused) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").max_attempts(1).job("a").job("b", {"a"}).job("c"));
  harness.fail(harness.lease_to("w"), FailureKind::job_error);
  harness.pause(sweep);
  EXPECT_EQ(harness.state("b"), JobState::blocked);
  EXPECT_EQ(harness.steer(sweep, steer::Retry{}), 1);
  EXPECT_EQ(harness.status(sweep).counts, (StateCounts{.paused = 3}));
  EXPECT_EQ(harness.resume(sweep), 3);
  EXPECT_EQ(harness.status(sweep).counts, (StateCounts{.waiting = 1, .ready = 2}));
}

TEST(Pause, WhatCannotBePausedOrResumedIsRefusedWithTheReason) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  EXPECT_EQ(harness.steer_refused(sweep, steer::Resume{}).message, "sweep 1 's' is not paused");
  harness.pause(sweep);
  EXPECT_EQ(harness.steer_refused(sweep, steer::Pause{}).message, "sweep 1 's' is paused already");
  EXPECT_NE(harness.steer_refused(harness.key("a"), steer::Resume{}).message.find("resume the sweep"),
            std::string::npos);
  EXPECT_EQ(harness.steer_refused(harness.key("a"), steer::Pause{}).code, ErrorCode::failed_precondition);
  EXPECT_EQ(harness.steer_refused(SweepId{9}, steer::Pause{}).code, ErrorCode::not_found);
  EXPECT_EQ(harness.steer_refused(JobKey{9}, steer::Resume{}).code, ErrorCode::not_found);
}

TEST(Pause, APausedSweepKeepsItsName) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  harness.pause(sweep);
  EXPECT_EQ(harness.status(sweep).counts.live(), 0);
  EXPECT_EQ(harness.submit_refused(PlanOf("s").job("b")).code, ErrorCode::already_exists);
}

}  // namespace
}  // namespace spin::core
