#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

WorkerHello hello_with(const std::string& name, const std::vector<AttemptToken>& held) {
  WorkerHello hello = Harness::hello(name);
  hello.held = Harness::on_cpu(held);
  return hello;
}

TEST(Restart, EverythingStandsAsItWasStored) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s")
                                           .priority(3)
                                           .max_attempts(1)
                                           .job("done")
                                           .job("bad")
                                           .job("run")
                                           .job("go")
                                           .job("after", {"bad"})
                                           .job("later", {"run"}));
  harness.finish(harness.lease_to("w1"));
  harness.fail(harness.lease_to("w2"), FailureKind::job_error, "why");
  const SendLease run = harness.lease_to("w3");
  harness.restart();
  EXPECT_EQ(harness.status(sweep).counts,
            (StateCounts{.waiting = 1, .ready = 1, .running = 1, .completed = 1, .failed = 1, .blocked = 1}));
  EXPECT_EQ(harness.status(sweep).running.at(0).worker, "w3");
  EXPECT_EQ(harness.stored("after").reason, "dependency " + id_of("bad").short_hex() + " failed: why");

  harness.attach(hello_with("w3", {run.attempt}));
  EXPECT_EQ(all_of<Welcome>(harness.last).at(0).boot_epoch, 2);
  harness.submit(PlanOf("two").job("bad"));
  EXPECT_EQ(harness.state("after"), JobState::waiting) << "the tie between the two jobs is still there";
}

TEST(Restart, ARunningJobGetsAWholeLease) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  harness.lease_to("w");
  harness.advance(14'000);
  harness.restart();
  harness.advance(14'999);
  EXPECT_EQ(harness.state("a"), JobState::running);
  harness.advance(1);
  EXPECT_EQ(harness.state("a"), JobState::ready);
}

TEST(Restart, AWorkerThatComesBackGoesOn) {
  Harness harness;
  harness.submit(PlanOf("s").job("a").job("b", {"a"}));
  SendLease lease = harness.lease_to("w");
  harness.restart();
  lease.session = harness.attach(hello_with("w", {lease.attempt}));
  harness.finish(lease);
  EXPECT_EQ(harness.state("a"), JobState::completed);
  const auto next = harness.credits(lease.session, 1);
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next[0].attempt, (AttemptToken{2, 1}));
  EXPECT_TRUE(input_of(next[0], InputRole::init).has_value()) << "the model that was stored before";
}

TEST(Restart, ALateResultOfAnEarlierBootIsTaken) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  SendLease lease = harness.lease_to("w");
  harness.advance(15'000);
  harness.restart();
  lease.session = harness.attach("w");
  harness.finish(lease);
  EXPECT_EQ(harness.state("a"), JobState::completed);
  EXPECT_EQ(harness.history("a"), "finished");
}

TEST(Restart, AResultStoredBeforeStaysTheOnlyOne) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  SendLease lease = harness.lease_to("w");
  harness.finish(lease);
  harness.restart();
  lease.session = harness.attach(hello_with("w", {lease.attempt}));
  EXPECT_EQ(all_of<ReportAck>(harness.report(lease, AttemptFinished{}, 9)).size(), 1U);
  EXPECT_TRUE(harness.changes.empty());
}

TEST(Restart, WhatWasNotStoredDidNotHappen) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  SendLease lease = harness.lease_to("w");
  const SequencedReport finished{1, {id_of("a"), lease.attempt, AttemptFinished{}}};
  harness.die_in(WorkerSaid{lease.session, finished});
  EXPECT_EQ(harness.state("a"), JobState::running);
  lease.session = harness.attach(hello_with("w", {lease.attempt}));
  harness.say(lease.session, finished);
  EXPECT_EQ(harness.state("a"), JobState::completed);
}

TEST(Restart, AJobInBackOffIsDueAtOnce) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  harness.fail(harness.lease_to("w"), FailureKind::job_error);
  harness.restart();
  EXPECT_EQ(harness.coordinator->next_deadline(), harness.now);
  harness.advance(0);
  EXPECT_EQ(harness.state("a"), JobState::ready);
  EXPECT_EQ(harness.stored("a").failures, 1) << "its failures are not forgotten";
}

TEST(Restart, PriorityAndAttemptsOfAllItsSweepsCount) {
  Harness harness;
  harness.submit(PlanOf("one").max_attempts(1).job("a").job("b"));
  harness.submit(PlanOf("two").priority(2).max_attempts(5).job("b"));
  harness.restart();
  const SendLease lease = harness.lease_to("w");
  EXPECT_EQ(lease.job, harness.key("b"));
  harness.fail(lease, FailureKind::job_error);
  EXPECT_EQ(harness.state("b"), JobState::backoff);
}

TEST(Restart, ACancelledSweepStaysCancelled) {
  Harness harness;
  const auto plan = PlanOf("one").job("a").job("b");
  const SweepId one = harness.submit(plan);
  const SweepId two = harness.submit(PlanOf("two").job("b").job("c"));
  EXPECT_EQ(harness.cancel(one), 1);
  harness.restart();
  EXPECT_EQ(harness.cancel(two), 2) << "the cancelled sweep does not need job b any more";
  EXPECT_EQ(harness.state("b"), JobState::cancelled);
}

TEST(Restart, ACancelledSweepThatSharesLiveJobsCanBeSubmittedAgain) {
  Harness harness;
  const auto plan = PlanOf("one").job("a").job("b");
  const SweepId one = harness.submit(plan);
  harness.submit(PlanOf("two").job("b"));
  harness.cancel(one);
  harness.restart();
  EXPECT_NE(harness.submit(plan), one);
  EXPECT_EQ(harness.state("a"), JobState::ready) << "submitting it again revives its jobs";
}

TEST(Restart, WhatFinishedAfterTheBackupThatWasPutBackIsTaken) {
  Harness harness;
  harness.submit(PlanOf("s").job("a").job("b", {"a"}).job("c", {"b"}));
  const ModelStore backup = harness.store;
  harness.finish(harness.lease_to("v"));
  SendLease lease = harness.lease_to("w");
  ASSERT_EQ(lease.job, harness.key("b"));
  harness.store.put_back(backup);
  harness.restart();
  ASSERT_EQ(harness.state("b"), JobState::waiting);
  lease.session = harness.attach(hello_with("w", {lease.attempt}));
  harness.finish(lease);
  EXPECT_EQ(harness.state("b"), JobState::completed);
  EXPECT_EQ(harness.state("c"), JobState::ready);
  const auto next = harness.credits(lease.session, 1);
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next[0].job, harness.key("a")) << "its result is gone with the newer database";
  harness.finish(next[0]);
  EXPECT_EQ(harness.state("a"), JobState::completed);
}

TEST(Restart, ADatabaseWhoseClockWasAheadMayHaveIssuedTheToken) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(1).job("a").job("b", {"a"}).job("c", {"b"}).job("d"));
  const SendLease a = harness.lease_to("v");
  harness.fail(a, FailureKind::job_error);
  ASSERT_EQ(harness.state("b"), JobState::blocked);
  const auto say = [&](const std::string& job, AttemptToken token, Outcome outcome) {
    AttemptFinished finished;
    finished.result.outcome = outcome;
    harness.say(a.session, SequencedReport{1, {id_of(job), token, finished}});
  };
  say("d", {7, 1}, Outcome::completed);
  EXPECT_EQ(harness.state("d"), JobState::completed);
  say("b", {7, 2}, Outcome::diverged);
  EXPECT_EQ(harness.state("b"), JobState::diverged);
  EXPECT_EQ(harness.stored("c").reason,
            "dependency " + id_of("b").short_hex() + " diverged: there is no model to start from");
}

TEST(Restart, NumbersAreNotUsedTwice) {
  Harness harness;
  const SweepId first = harness.submit(PlanOf("s").job("a"));
  harness.restart();
  const SweepId second = harness.submit(PlanOf("t").job("b"));
  EXPECT_GT(second, first);
  EXPECT_GT(harness.key("b"), harness.key("a"));
}

}  // namespace
}  // namespace spin::core
