#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

WorkerHello hello_holding(const std::string& name, const std::vector<AttemptToken>& held,
                          std::int64_t pid = 100) {
  WorkerHello hello = Harness::hello(name);
  hello.held = Harness::on_cpu(held);
  hello.pid = pid;
  if (pid != 100) hello.instance = "start as " + std::to_string(pid);
  return hello;
}

TEST(Session, WelcomeCarriesTheTermsOfTheLease) {
  Harness harness({.lease_ms = 5000, .heartbeat_ms = 700});
  harness.attach("w");
  const auto welcome = all_of<Welcome>(harness.last).at(0);
  EXPECT_EQ(welcome.boot_epoch, 1);
  EXPECT_EQ(welcome.lease_ms, 5000);
  EXPECT_EQ(welcome.heartbeat_ms, 700);
}

TEST(Session, AnotherVersionIsRefusedWithBothNamed) {
  Harness harness;
  WorkerHello hello = Harness::hello("w");
  hello.version = "99.1";
  const Error error = harness.attach_refused(hello);
  EXPECT_EQ(error.code, ErrorCode::failed_precondition);
  EXPECT_NE(error.message.find("99.1"), std::string::npos);
  EXPECT_NE(error.message.find(std::string(kVersion)), std::string::npos);
}

TEST(Session, ANameInUseIsRefusedAndSaysByWhom) {
  Harness harness;
  harness.attach("w");
  const Error error = harness.attach_refused(hello_holding("w", {}, 200));
  EXPECT_EQ(error.code, ErrorCode::already_exists);
  EXPECT_EQ(error.message, "worker name 'w' is in use by host-of-w pid 100; give another with --name");
}

TEST(Session, TheTwinOfAnotherContainerIsRefusedAndTheFirstGoesOn) {
  Harness harness;  // both are process 1 of a host called gpu
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  WorkerHello twin = Harness::hello("w");
  twin.instance = "start in another container";
  const Error error = harness.attach_refused(twin);
  EXPECT_EQ(error.code, ErrorCode::already_exists);
  EXPECT_EQ(error.message,
            "worker name 'w' is in use by host-of-w pid 100 (in another container than this worker's); "
            "give another with --name");
  EXPECT_EQ(harness.coordinator->workers().at(0).busy, 1);
  harness.heartbeat(lease.session, {lease.attempt});
  EXPECT_EQ(harness.state("a"), JobState::running);
}

TEST(Session, TheSameProcessReplacesItsOldSession) {
  Harness harness;
  const SessionId old = harness.attach("w");
  harness.attach("w");
  const auto closed = all_of<CloseSession>(harness.last);
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_EQ(closed[0].session, old);
  EXPECT_EQ(harness.coordinator->workers().size(), 1U);
}

TEST(Session, ASilentSessionGivesUpItsName) {
  Harness harness({.heartbeat_ms = 1000});
  const SessionId old = harness.attach("w");
  harness.advance(1500);
  harness.heartbeat(old, {});
  harness.advance(2000);
  harness.attach_refused(hello_holding("w", {}, 200));
  harness.advance(1);
  harness.attach(hello_holding("w", {}, 200));
}

TEST(Session, AHeldAttemptRunsOnUnderTheNewSession) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.detach(lease.session);
  harness.advance(14'000);
  const SessionId session = harness.attach(hello_holding("w", {lease.attempt}));
  EXPECT_TRUE(all_of<StopAttempt>(harness.last).empty());
  EXPECT_EQ(harness.coordinator->workers().at(0).busy, 1);
  harness.advance(14'000);
  EXPECT_EQ(harness.state("a"), JobState::running) << "its lease was renewed";
  EXPECT_TRUE(harness.credits(session, 1).empty());
  EXPECT_EQ(harness.history("a"), "running");
}

TEST(Session, WhatARestartedWorkerDoesNotHoldIsLostAtOnce) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  const ArtifactRef checkpoint{artifact_id("c"), ArtifactKind::checkpoint, 3};
  harness.report(lease, CheckpointStored{checkpoint, 1});
  harness.detach(lease.session);
  const SessionId session = harness.attach(hello_holding("w", {}, 200));
  EXPECT_EQ(harness.state("a"), JobState::ready);
  EXPECT_EQ(harness.stored("a").workers_lost, 1);
  const auto again = harness.credits(session, 1);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(input_of(again[0], InputRole::resume), checkpoint);
  EXPECT_EQ(harness.history("a"), "lost running");
}

TEST(Session, ALeaseThatNeverArrivedIsGivenAgain) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  harness.lease_to("w");  // lost on the way, the connection with it
  const SessionId session = harness.attach("w");
  EXPECT_EQ(harness.credits(session, 1).size(), 1U);
}

TEST(Session, ALostAttemptThatNobodyElseRunsIsTakenBack) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.detach(lease.session);
  harness.advance(20'000);
  ASSERT_EQ(harness.state("a"), JobState::ready);
  harness.attach(hello_holding("w", {lease.attempt}));
  EXPECT_EQ(harness.state("a"), JobState::running);
  EXPECT_TRUE(all_of<StopAttempt>(harness.last).empty());
  EXPECT_EQ(harness.history("a"), "running");
  EXPECT_EQ(harness.coordinator->workers().at(0).busy, 1);
  harness.restart();
  EXPECT_EQ(harness.state("a"), JobState::running);
}

TEST(Session, AnAttemptThatWasOvertakenIsStopped) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease old = harness.lease_to("slow");
  harness.detach(old.session);
  harness.advance(20'000);
  harness.lease_to("quick");
  harness.attach(hello_holding("slow", {old.attempt}));
  const auto stops = all_of<StopAttempt>(harness.last);
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].attempt, old.attempt);
  EXPECT_EQ(harness.history("a"), "lost running");
}

TEST(Session, ALostAttemptComesBackAfterItsSuccessorFailed) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease old = harness.lease_to("slow");
  harness.detach(old.session);
  harness.advance(20'000);
  harness.fail(harness.lease_to("quick"), FailureKind::job_error);
  ASSERT_EQ(harness.state("a"), JobState::backoff);
  harness.attach(hello_holding("slow", {old.attempt}));
  EXPECT_EQ(harness.state("a"), JobState::running);
  EXPECT_EQ(harness.history("a"), "running failed");
}

TEST(Session, AHeldAttemptOfAFinishedOrUnknownJobIsStopped) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.finish(lease);
  harness.detach(lease.session);
  harness.attach(hello_holding("w", {lease.attempt, {1, 77}, {9, 1}}));
  EXPECT_EQ(all_of<StopAttempt>(harness.last).size(), 3U);
}

TEST(Session, AHeartbeatReconcilesAsAnAttachDoes) {
  Harness harness;
  harness.submit(PlanOf("s").job("a").job("b"));
  const SendLease lease = harness.lease_to("w");
  harness.advance(20'000);  // the worker stood still, its connection lived on
  ASSERT_EQ(harness.state("a"), JobState::ready);
  harness.heartbeat(lease.session, {lease.attempt, {1, 77}});
  EXPECT_EQ(harness.state("a"), JobState::running);
  const auto stops = all_of<StopAttempt>(harness.last);
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].attempt, (AttemptToken{1, 77}));
}

TEST(Session, WhatHindersAWorkerIsShownAsItSays) {
  Harness harness;
  const SessionId session = harness.attach("w", 1);
  harness.say(session, Heartbeat{{}, "its disk is full"});
  EXPECT_EQ(harness.coordinator->workers().at(0).reason, "its disk is full");
  harness.say(session, Heartbeat{{}, ""});
  EXPECT_EQ(harness.coordinator->workers().at(0).reason, "");
}

TEST(Session, AnotherWorkerCannotTakeARunningAttempt) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.attach(hello_holding("thief", {lease.attempt}));
  EXPECT_EQ(all_of<StopAttempt>(harness.last).size(), 1U);
  EXPECT_EQ(harness.coordinator->workers().at(0).busy, 0);
  EXPECT_EQ(harness.coordinator->workers().at(1).busy, 1);
}

/// A worker with memory for one of the two jobs, on which the first runs.
class EndingMemory : public testing::Test {
 protected:
  static constexpr std::int64_t kGiB = 1 << 30;
  EndingMemory() {
    hello = Harness::hello("w", 2);
    hello.devices[0].memory_bytes = 10 * kGiB;
    sweep = harness.submit(PlanOf("s")
                               .requires_of_workers({.device = {}, .memory_bytes = 6 * kGiB, .labels = {}})
                               .job("a")
                               .job("b"));
    lease = harness.credits(harness.attach(hello), 2).at(0);
  }
  /// Its free slots count.
  SessionId come_back() {
    hello.held = Harness::on_cpu({lease.attempt});
    return harness.attach(hello);
  }
  [[nodiscard]] std::int64_t used() const {
    return harness.coordinator->workers().at(0).memory_used_bytes / kGiB;
  }

  Harness harness;
  WorkerHello hello;
  SweepId sweep;
  SendLease lease;
};

TEST_F(EndingMemory, OfAStoppedAttemptIsCountedAfterAReconnect) {
  harness.cancel(lease.job);
  const SessionId session = come_back();
  EXPECT_EQ(used(), 6);
  EXPECT_TRUE(harness.credits(session, 1).empty());
  EXPECT_EQ(all_of<SendLease>(harness.heartbeat(session, {})).size(), 1U);
}

TEST_F(EndingMemory, OfAnAttemptThatIsStoppedAtTheReconnectIsCounted) {
  harness.detach(lease.session);
  harness.cancel(lease.job);
  const SessionId session = come_back();
  EXPECT_EQ(all_of<StopAttempt>(harness.last).size(), 1U);
  EXPECT_EQ(used(), 6);
  EXPECT_TRUE(harness.credits(session, 1).empty());
  EXPECT_EQ(harness.credits(session, 2).size(), 1U) << "both slots are free";
}

TEST_F(EndingMemory, OfAnAttemptThatGoesOnIsCountedOnce) {
  harness.detach(lease.session);
  come_back();
  EXPECT_EQ(used(), 6);
  harness.restart();
  come_back();
  EXPECT_EQ(used(), 6);
}

TEST_F(EndingMemory, OfAPausedAttemptThatSavesIsCountedAfterARestart) {
  harness.pause(lease.job);
  harness.restart();
  lease.session = come_back();
  EXPECT_EQ(used(), 6);
  EXPECT_TRUE(harness.credits(lease.session, 1).empty());
  harness.fail(lease, FailureKind::refused, "paused");
  EXPECT_EQ(all_of<SendLease>(harness.last).size(), 1U);
}

TEST_F(EndingMemory, OfAnAttemptOfWhichNothingIsKnownMayBeAll) {
  harness.cancel(lease.job);
  harness.restart();
  const SessionId session = come_back();
  EXPECT_EQ(used(), 10);
  EXPECT_TRUE(harness.credits(session, 1).empty());
  EXPECT_EQ(all_of<SendLease>(harness.heartbeat(session, {})).size(), 1U);
}

TEST_F(EndingMemory, OfAnotherProcessIsFree) {
  harness.cancel(lease.job);
  hello.instance = "next start";
  harness.detach(lease.session);
  const SessionId session = come_back();  // with a report in the outbox
  EXPECT_EQ(used(), 0);
  EXPECT_EQ(harness.credits(session, 1).size(), 1U);
}

TEST_F(EndingMemory, OfALostAttemptIsCountedWhileItMayRun) {
  harness.advance(15'000);
  harness.steer(lease.job, steer::Cancel{});
  EXPECT_TRUE(all_of<SendLease>(harness.heartbeat(lease.session, {lease.attempt})).empty());
  EXPECT_EQ(used(), 6);
  EXPECT_EQ(all_of<SendLease>(harness.heartbeat(lease.session, {})).size(), 1U);
}

TEST(Session, AWorkerThatWasAskedToDrainIsAskedAgainWhenItComesBack) {
  Harness harness;
  harness.submit(PlanOf("s").jobs("j", 2));
  const SendLease lease = harness.lease_to("w");
  harness.send(DrainRequested{7, "w"});
  harness.detach(lease.session);  // and the request is lost
  const SessionId session = harness.attach(hello_holding("w", {lease.attempt}));
  EXPECT_EQ(all_of<DrainRequest>(harness.last).size(), 1U);
  EXPECT_EQ(harness.coordinator->workers().at(0).state, "draining");
  EXPECT_TRUE(harness.credits(session, 1).empty());
}

TEST(Session, AnotherProcessOfTheNameIsNotAskedToDrain) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SessionId old = harness.attach("w");
  harness.send(DrainRequested{7, "w"});
  harness.detach(old);
  const SessionId session = harness.attach(hello_holding("w", {}, 200));
  EXPECT_TRUE(all_of<DrainRequest>(harness.last).empty());
  EXPECT_EQ(harness.credits(session, 1).size(), 1U);
}

TEST(Session, AWorkerThatDrainedMayComeBackWithTheSamePid) {
  Harness harness;  // every container has process 1
  harness.submit(PlanOf("s").job("a"));
  const SessionId old = harness.attach("w");
  harness.send(DrainRequested{7, "w"});
  harness.say(old, Draining{});
  harness.detach(old);
  const SessionId session = harness.attach("w");
  EXPECT_TRUE(all_of<DrainRequest>(harness.last).empty());
  EXPECT_EQ(harness.credits(session, 1).size(), 1U);
}

TEST(Session, NothingIsHeardOfASessionThatIsGone) {
  Harness harness;
  harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.detach(lease.session);
  EXPECT_TRUE(harness.finish(lease).empty())
      << "no acknowledgement: the worker sends it again when it is back";
  EXPECT_EQ(harness.state("a"), JobState::running);
  harness.detach(lease.session);
}

}  // namespace
}  // namespace spin::core
