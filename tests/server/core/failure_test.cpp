#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

/// Ends the back-off, expects one lease of the job and fails it again.
void fail_again(Harness& harness, SessionId session, FailureKind kind) {
  harness.advance(60'000);
  const auto leases = harness.credits(session, 1);
  ASSERT_EQ(leases.size(), 1U);
  harness.fail(leases[0], kind);
}

TEST(Failure, IsTriedAgainAfterABackOffThatDoubles) {
  Harness harness({.backoff_first_ms = 1000, .backoff_limit_ms = 3000});
  harness.submit(PlanOf("s").max_attempts(9).job("a"));
  SendLease lease = harness.lease_to("w");
  for (const std::int64_t wait_ms : {1000, 2000, 3000, 3000}) {
    harness.fail(lease, FailureKind::job_error, "no such file");
    ASSERT_EQ(harness.state("a"), JobState::backoff);
    EXPECT_EQ(harness.stored("a").reason, "no such file");
    EXPECT_EQ(harness.coordinator->next_deadline(), harness.now + std::chrono::milliseconds(wait_ms));
    harness.advance(wait_ms - 1);
    ASSERT_EQ(harness.state("a"), JobState::backoff);
    harness.advance(1);
    ASSERT_EQ(harness.state("a"), JobState::ready);
    const auto leases = harness.credits(lease.session, 1);
    ASSERT_EQ(leases.size(), 1U);
    lease = leases[0];
  }
  EXPECT_EQ(harness.stored("a").failures, 4);
}

TEST(Failure, AJobFailsForGoodAfterItsAttemptsWithTheLastError) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").max_attempts(2).job("a").job("b", {"a"}).job("c", {"b"}));
  const SendLease lease = harness.lease_to("w");
  harness.fail(lease, FailureKind::job_error, "first");
  harness.advance(60'000);
  const auto again = harness.credits(lease.session, 1);
  ASSERT_EQ(again.size(), 1U);
  harness.fail(again[0], FailureKind::input_lost, "second");
  EXPECT_EQ(harness.state("a"), JobState::failed);
  EXPECT_EQ(harness.stored("a").reason, "second");
  const std::string blocked = "dependency " + id_of("a").short_hex() + " failed: second";
  EXPECT_EQ(harness.state("b"), JobState::blocked);
  EXPECT_EQ(harness.stored("b").reason, blocked);
  EXPECT_EQ(harness.stored("c").reason, blocked);
  EXPECT_EQ(harness.status(sweep).counts.live(), 0);
  EXPECT_EQ(harness.history("a"), "failed failed");
}

TEST(Failure, WhatEveryAttemptWouldFailWithIsNotTriedAgain) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(9).job("a").job("b", {"a"}));
  harness.fail(harness.lease_to("w"), FailureKind::permanent, "dataset.classes is 3 where there are 2");
  EXPECT_EQ(harness.state("a"), JobState::failed);
  EXPECT_EQ(harness.stored("a").reason, "dataset.classes is 3 where there are 2");
  EXPECT_EQ(harness.state("b"), JobState::blocked);
  EXPECT_EQ(harness.history("a"), "failed");
}

TEST(Failure, WhatAnotherWorkerMayHaveIsTriedThere) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(9).job("a"));
  const SendLease lease = harness.lease_to("without data");
  const SessionId other = harness.attach("with data");
  harness.fail(lease, FailureKind::permanent, "/data is not there");
  ASSERT_EQ(harness.state("a"), JobState::backoff);
  harness.advance(60'000);
  const auto leases = harness.credits(other, 1);
  ASSERT_EQ(leases.size(), 1U);
  harness.finish(leases[0]);
  EXPECT_EQ(harness.state("a"), JobState::completed);
}

TEST(Failure, ACheckpointThatIsGoneIsForgottenAndTheJobBeginsAnew) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(2).job("a"));
  const ArtifactRef checkpoint{artifact_id("c"), ArtifactKind::checkpoint, 3};
  const SendLease first = harness.lease_to("v");
  harness.report(first, CheckpointStored{checkpoint, 1});
  harness.advance(15'000);
  const SendLease second = harness.lease_to("w");
  ASSERT_EQ(input_of(second, InputRole::resume), checkpoint);
  harness.fail(second, FailureKind::input_lost, "checkpoint: no such artifact");
  EXPECT_FALSE(artifact_in(harness.stored("a").artifacts, ArtifactKind::checkpoint).has_value());
  EXPECT_EQ(harness.stored("a").failures, 1);
  EXPECT_EQ(harness.stored("a").reason, "checkpoint: no such artifact; the job begins anew");
  harness.advance(60'000);
  const auto third = harness.credits(second.session, 1);
  ASSERT_EQ(third.size(), 1U);
  EXPECT_FALSE(input_of(third[0], InputRole::resume).has_value());
}

TEST(Failure, AModelThatIsGoneIsNamedWithItsJobAndTheWayOut) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(1).job("a").job("b", {"a"}));
  harness.finish(harness.lease_to("v"));
  harness.fail(harness.lease_to("w"), FailureKind::input_lost, "model: no such artifact");
  EXPECT_EQ(harness.stored("b").reason,
            "the model of job " + id_of("a").short_hex() +
                ", which this one starts from, cannot be had: model: no such artifact; "
                "put its file back into the artifact folder and retry the job");
}

TEST(Failure, ALongReasonIsShortForThoseThatItBlocks) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(1).job("a").job("b", {"a"}).job("c", {"b"}));
  const std::string message(4000, 'x');
  harness.fail(harness.lease_to("w"), FailureKind::job_error, message);
  EXPECT_EQ(harness.stored("a").reason, message);
  EXPECT_LE(harness.stored("b").reason.size(), 200U);
  EXPECT_LE(harness.stored("c").reason.size(), 200U);
  EXPECT_TRUE(
      harness.stored("c").reason.starts_with("dependency " + id_of("a").short_hex() + " failed: xxx"));
}

TEST(Failure, AJobThatKillsTrainersIsQuarantinedWhateverItsAttempts) {
  Harness harness({.trainer_deaths_limit = 3});
  harness.submit(PlanOf("s").max_attempts(1).job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.fail(lease, FailureKind::trainer_died, "signal 9");
  EXPECT_EQ(harness.state("a"), JobState::backoff);
  fail_again(harness, lease.session, FailureKind::trainer_died);
  EXPECT_EQ(harness.state("a"), JobState::backoff);
  fail_again(harness, lease.session, FailureKind::trainer_died);
  EXPECT_EQ(harness.state("a"), JobState::failed);
  EXPECT_EQ(harness.stored("a").reason, "quarantined: killed 3 trainers: boom");
  EXPECT_EQ(harness.stored("a").failures, 0);
  EXPECT_EQ(harness.stored("a").trainer_deaths, 3);
}

TEST(Failure, ALeaseThatIsGivenBackCountsAsNothing) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(1).job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.credits(lease.session, 1);
  harness.fail(lease, FailureKind::refused, "stopping");
  EXPECT_EQ(harness.state("a"), JobState::ready) << "and not back to the worker that does not want it";
  EXPECT_EQ(harness.stored("a").failures, 0);
  EXPECT_EQ(harness.coordinator->counters().failures, 0);
  EXPECT_EQ(harness.history("a"), "stopped");
  EXPECT_EQ(harness.credits(lease.session, 1).size(), 1U);
}

TEST(Failure, TheFailureOfALostAttemptThatNobodyReplacedCounts) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(1).job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.advance(15'000);
  harness.fail(lease, FailureKind::job_error);
  EXPECT_EQ(harness.state("a"), JobState::failed);
  EXPECT_EQ(harness.history("a"), "failed");
}

TEST(Failure, ARepeatedFailureCountsOnce) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.fail(lease, FailureKind::job_error);
  harness.fail(lease, FailureKind::job_error);
  EXPECT_EQ(harness.stored("a").failures, 1);
  EXPECT_EQ(harness.state("a"), JobState::backoff);
}

TEST(Failure, ALateResultOfAFailedJobIsTakenAndUnblocksItsDependants) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(1).job("a").job("b", {"a"}).job("c", {"b"}));
  const SendLease late = harness.lease_to("slow");
  harness.advance(15'000);
  harness.fail(harness.lease_to("quick"), FailureKind::job_error);
  ASSERT_EQ(harness.state("a"), JobState::failed);
  ASSERT_EQ(harness.state("c"), JobState::blocked);
  harness.finish(late);
  EXPECT_EQ(harness.state("a"), JobState::completed);
  EXPECT_EQ(harness.state("b"), JobState::ready);
  EXPECT_EQ(harness.state("c"), JobState::waiting);
}

TEST(Failure, ALateDivergedResultOfAFailedJobChangesTheReasonOfItsDependants) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(1).job("a").job("b", {"a"}).job("c", {"b"}));
  const SendLease late = harness.lease_to("slow");
  harness.advance(15'000);
  harness.fail(harness.lease_to("quick"), FailureKind::job_error);
  harness.finish(late, Outcome::diverged);
  EXPECT_EQ(harness.state("c"), JobState::blocked);
  EXPECT_NE(harness.stored("c").reason.find("diverged"), std::string::npos) << harness.stored("c").reason;
}

TEST(UnreadableJob, FailsWithTheReasonAndItsWorkerGetsTheNext) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(3).job("a").job("b").job("c", {"a"}));
  const SendLease lease = harness.lease_to("w");
  ASSERT_EQ(lease.job, harness.key("a"));
  harness.send(
      LeaseFailed{lease.session, lease.job, lease.attempt, lease.devices, "its row is damaged", false});
  EXPECT_EQ(harness.state("a"), JobState::failed);
  EXPECT_EQ(harness.stored("a").reason, "its row is damaged");
  EXPECT_EQ(harness.state("c"), JobState::blocked);
  EXPECT_TRUE(all_of<CloseSession>(harness.last).empty());
  const auto next = all_of<SendLease>(harness.last);
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next[0].job, harness.key("b"));
  EXPECT_EQ(next[0].session, lease.session);
}

TEST(UnreadableJob, IsTriedAgainWhereTheDiskMayBeReadALittleLater) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(2).job("a"));
  SendLease lease = harness.lease_to("w");
  harness.send(LeaseFailed{lease.session, lease.job, lease.attempt, lease.devices, "disk I/O error", true});
  EXPECT_EQ(harness.state("a"), JobState::backoff);
  harness.advance(1000);
  ASSERT_EQ(harness.state("a"), JobState::running) << "the worker has its credit back";
  harness.send(LeaseFailed{lease.session, lease.job, all_of<SendLease>(harness.last).at(0).attempt,
                           lease.devices, "again", true});
  EXPECT_EQ(harness.state("a"), JobState::failed);
  EXPECT_EQ(harness.history("a"), "failed failed");
}

TEST(UnreadableJob, ThatWasCancelledMeanwhileStaysSoAndItsWorkerIsFree) {
  Harness harness;
  harness.submit(PlanOf("s").job("a").job("b"));
  const SendLease lease = harness.lease_to("w");
  harness.cancel(lease.job);
  harness.send(LeaseFailed{lease.session, lease.job, lease.attempt, lease.devices, "disk I/O error", false});
  EXPECT_EQ(harness.state("a"), JobState::cancelled);
  EXPECT_EQ(all_of<SendLease>(harness.last).size(), 1U) << "b";
}

TEST(UnreadableJob, ThatWasDeletedMeanwhileIsForgottenAndItsWorkerIsFree) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.cancel(sweep);
  harness.steer(sweep, steer::Delete{});
  ASSERT_TRUE(harness.store.jobs().empty());
  harness.send(
      LeaseFailed{lease.session, lease.job, lease.attempt, lease.devices, "there is no job 1", false});
  EXPECT_TRUE(harness.changes.empty());
  EXPECT_EQ(harness.coordinator->counters().failures, 0);
  harness.submit(PlanOf("t").job("b"));
  const auto next = all_of<SendLease>(harness.last);
  ASSERT_EQ(next.size(), 1U) << "the worker has its credit and its memory back";
  EXPECT_EQ(next[0].session, lease.session);
}

}  // namespace
}  // namespace spin::core
