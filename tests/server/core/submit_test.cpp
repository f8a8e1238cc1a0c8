#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

TEST(Submit, NewJobsAreReadyOrWaitForTheirDependencies) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("base").job("fused", {"base"}).job("other"));
  EXPECT_EQ(harness.state("base"), JobState::ready);
  EXPECT_EQ(harness.state("fused"), JobState::waiting);
  EXPECT_EQ(harness.state("other"), JobState::ready);
  EXPECT_EQ(harness.status(sweep).counts, (StateCounts{.waiting = 1, .ready = 2}));
  EXPECT_EQ(harness.stored("fused").inputs,
            (std::vector<StoredInput>{{InputRole::init, harness.key("base")}}));
}

TEST(Submit, SaysHowManyJobsAreNew) {
  Harness harness;
  harness.submit(PlanOf("one").job("a").job("b"));
  harness.submit(PlanOf("two").job("b").job("c").job("d"));
  const auto accepted = all_of<SubmitAccepted>(harness.last);
  ASSERT_EQ(accepted.size(), 1U);
  EXPECT_EQ(accepted[0].jobs, 3);
  EXPECT_EQ(accepted[0].jobs_new, 2);
}

TEST(Submit, AKnownJobIsNotRunAgainAndItsResultCounts) {
  Harness harness;
  harness.submit(PlanOf("one").job("a"));
  harness.finish(harness.lease_to("w"));
  const SweepId two = harness.submit(PlanOf("two").job("a").job("b", {"a"}));
  EXPECT_EQ(harness.status(two).counts, (StateCounts{.ready = 1, .completed = 1}));
  EXPECT_EQ(harness.store.sweeps().at(two).jobs, (std::vector<JobKey>{harness.key("a"), harness.key("b")}));
}

TEST(Submit, ALiveNameIsTaken) {
  Harness harness;
  const SweepId first = harness.submit(PlanOf("s").job("a"));
  const Error error = harness.submit_refused(PlanOf("s").job("a").job("b"));
  EXPECT_EQ(error.code, ErrorCode::already_exists);
  EXPECT_NE(error.message.find("sweep " + std::to_string(first.value) + " is named 's'"), std::string::npos)
      << error.message;
}

TEST(Submit, AFinishedSweepFreesItsName) {
  Harness harness;
  const SweepId first = harness.submit(PlanOf("s").job("a"));
  harness.finish(harness.lease_to("w"));
  EXPECT_NE(harness.submit(PlanOf("s").job("a").job("b")), first);
}

TEST(Submit, TheSamePlanAgainIsTheSameSweep) {
  Harness harness;
  const SweepId first = harness.submit(PlanOf("s").job("a").job("b"));
  EXPECT_EQ(harness.submit(PlanOf("s").job("a").job("b")), first);
  EXPECT_TRUE(harness.changes.empty());
  EXPECT_EQ(all_of<SubmitAccepted>(harness.last).at(0).jobs_new, 0);
  harness.restart();
  EXPECT_EQ(harness.submit(PlanOf("s").job("b").job("a")), first);
  EXPECT_EQ(harness.store.sweeps().size(), 1U);
}

TEST(Submit, RevivesWhatFailedWithFreshCounters) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(1).job("a").job("b", {"a"}).job("c", {"b"}));
  harness.fail(harness.lease_to("w"), FailureKind::job_error);
  ASSERT_EQ(harness.state("a"), JobState::failed);
  ASSERT_EQ(harness.state("c"), JobState::blocked);
  harness.submit(PlanOf("s").max_attempts(2).job("a").job("b", {"a"}).job("c", {"b"}));
  EXPECT_EQ(harness.state("a"), JobState::ready);
  EXPECT_EQ(harness.stored("a").failures, 0);
  EXPECT_EQ(harness.state("b"), JobState::waiting);
  EXPECT_EQ(harness.state("c"), JobState::waiting);
}

TEST(Submit, RevivingADependencyUnblocksOtherSweepsToo) {
  Harness harness;
  harness.submit(PlanOf("one").max_attempts(1).job("a").job("b", {"a"}));
  harness.fail(harness.lease_to("w"), FailureKind::job_error);
  ASSERT_EQ(harness.state("b"), JobState::blocked);
  harness.submit(PlanOf("two").job("a"));
  EXPECT_EQ(harness.state("b"), JobState::waiting);
}

TEST(Submit, AJobWithAnotherObstacleStaysBlockedByThat) {
  Harness harness;
  harness.submit(PlanOf("one").max_attempts(1).job("a").job("b").job("c", {"a", "b"}).job("d", {"c"}));
  harness.fail(harness.lease_to("v"), FailureKind::job_error, "first");
  harness.fail(harness.lease_to("w"), FailureKind::job_error, "second");
  ASSERT_NE(harness.stored("d").reason.find("first"), std::string::npos) << harness.stored("d").reason;
  harness.submit(PlanOf("two").job("a"));
  EXPECT_EQ(harness.state("c"), JobState::blocked);
  EXPECT_NE(harness.stored("c").reason.find("second"), std::string::npos) << harness.stored("c").reason;
  EXPECT_NE(harness.stored("d").reason.find("second"), std::string::npos) << harness.stored("d").reason;
}

TEST(Submit, ANewJobOfADivergedDependencyIsBlockedAndSaysWhy) {
  Harness harness;
  harness.submit(PlanOf("one").job("a"));
  harness.finish(harness.lease_to("w"), Outcome::diverged);
  const SweepId two = harness.submit(PlanOf("two").job("a").job("b", {"a"}).job("c", {"b"}));
  EXPECT_EQ(harness.state("b"), JobState::blocked);
  EXPECT_EQ(harness.stored("b").reason,
            "dependency " + id_of("a").short_hex() + " diverged: there is no model to start from");
  EXPECT_EQ(harness.stored("c").reason, harness.stored("b").reason);
  EXPECT_EQ(harness.status(two).counts.live(), 0);
}

TEST(Submit, TheHighestPriorityAndMostAttemptsOfItsSweepsCount) {
  Harness harness;
  harness.submit(PlanOf("one").priority(1).max_attempts(1).job("a").job("b"));
  harness.submit(PlanOf("two").priority(7).max_attempts(2).job("b"));
  harness.submit(PlanOf("three").priority(3).max_attempts(1).job("b"));
  const SendLease lease = harness.lease_to("w");
  EXPECT_EQ(lease.job, harness.key("b"));
  harness.fail(lease, FailureKind::job_error);
  EXPECT_EQ(harness.state("b"), JobState::backoff) << "two attempts";
}

TEST(Submit, PlansThatAreNotSoundAreRefused) {
  Harness harness;
  PlanOf empty("s");
  EXPECT_EQ(harness.submit_refused(empty).code, ErrorCode::invalid_argument);
  PlanOf twice("s");
  twice.job("a").job("a");
  EXPECT_NE(harness.submit_refused(twice).message.find("a.s0' is there twice"), std::string::npos);
  PlanOf backwards("s");
  backwards.job("b", {"a"}).job("a");
  EXPECT_NE(harness.submit_refused(backwards).message.find("does not stand before it"), std::string::npos);
  PlanOf nowhere("s");
  nowhere.job("a");
  nowhere.raw().jobs[0].cell = 1;
  EXPECT_NE(harness.submit_refused(nowhere).message.find("cell 1 of 1"), std::string::npos);
  EXPECT_TRUE(harness.coordinator->sweeps().empty());
}

}  // namespace
}  // namespace spin::core
