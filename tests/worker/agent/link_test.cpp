#include "tests/worker/agent/harness.h"

namespace spin::agent {
namespace {

const Error kGone{ErrorCode::unavailable, "no such socket"};

SequencedReport kept(std::uint64_t sequence, std::int64_t attempt, ReportBody body) {
  return {sequence, {lease_of(attempt).job, {3, attempt}, std::move(body)}};
}

TEST(Link, WaitingForACoordinatorIsSaidOnceForEachReason) {
  Harness worker;
  for (int i = 0; i < 5; ++i) {
    worker.step(LinkLost{kGone});
    worker.run_for(Millis(10'000));
  }
  EXPECT_EQ(worker.all<Connect>().size(), 6U);
  const std::string said = worker.said();
  EXPECT_EQ(said.find("waiting for a coordinator"), said.rfind("waiting for a coordinator")) << said;
  EXPECT_NE(said.find("no such socket"), std::string::npos);
  EXPECT_FALSE(worker.exit());
}

TEST(Link, WhyACoordinatorIsWaitedForIsSaidAgainWhereItChanges) {
  Harness worker;
  worker.step(LinkLost{kGone});
  worker.run_for(Millis(10'000));
  worker.step(LinkLost{{ErrorCode::unavailable, "it does not believe our certificate"}});
  EXPECT_NE(worker.said().find("waiting for a coordinator: it does not believe our certificate"),
            std::string::npos)
      << worker.said();
}

TEST(Link, ReasonsThatTakeTurnsAreSaidOnceAMinuteEach) {
  Harness worker;
  const Error other{ErrorCode::unavailable, "no answer"};
  const auto lines = [&worker](const Error& reason) {
    const std::string said = worker.said(), line = "waiting for a coordinator: " + reason.message;
    int count = 0;
    for (auto at = said.find(line); at != std::string::npos; at = said.find(line, at + 1)) ++count;
    return count;
  };
  for (int i = 0; i < 5; ++i) {
    worker.step(LinkLost{i % 2 == 0 ? kGone : other});
    worker.run_for(Millis(10'000));
  }
  EXPECT_EQ(lines(kGone), 1) << worker.said();
  EXPECT_EQ(lines(other), 1) << worker.said();
  worker.run_for(Millis(10'000));
  worker.step(LinkLost{kGone});
  EXPECT_EQ(lines(kGone), 2) << worker.said();
  EXPECT_EQ(lines(other), 1) << worker.said();
}

TEST(Link, BackOffDoublesToItsLimitAndStartsAgainAfterAWelcome) {
  Harness worker;
  Millis expected(100);
  for (int i = 0; i < 12; ++i) {
    worker.step(LinkLost{kGone});
    const auto wait = *worker.agent.next_deadline() - worker.now;
    EXPECT_GE(wait, expected / 2);
    EXPECT_LE(wait, expected);
    worker.now += std::chrono::duration_cast<Millis>(wait);
    worker.step(TimePassed{});
    ASSERT_EQ(worker.last<Connect>().size(), 1U);
    expected = std::min(expected * 2, Millis(10'000));
  }
  worker.welcome();
  worker.step(LinkLost{kGone});
  EXPECT_LE(*worker.agent.next_deadline() - worker.now, Millis(100));
}

TEST(Link, TrainingGoesOnWithoutOneAndReportsWait) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(LinkLost{kGone});
  worker.say(epoch_event(1));
  worker.persist();
  EXPECT_TRUE(worker.last<Send>().empty());
  worker.run_for(Millis(100));
  ASSERT_EQ(worker.last<Connect>().size(), 1U);
  EXPECT_EQ(worker.last<Connect>()[0].hello.held, (std::vector<HeldAttempt>{{{3, 1}, {"cpu"}}}));
  worker.welcome();
  ASSERT_EQ(worker.sent<SequencedReport>().size(), 1U);
  EXPECT_EQ(worker.sent<SequencedReport>()[0].sequence, 1U);
  EXPECT_TRUE(worker.sent<Credits>().empty()) << "no slot is free, and a new session starts with none";
}

TEST(Link, UnacknowledgedReportsAreSentAgainInOrder) {
  Harness worker;
  worker.start_training(lease_of(1));
  for (int epoch = 1; epoch <= 3; ++epoch) worker.say(epoch_event(epoch));
  worker.persist();
  worker.step(Received{ReportAck{2}});
  worker.step(LinkLost{kGone});
  worker.run_for(Millis(100));
  worker.welcome();
  ASSERT_EQ(worker.sent<SequencedReport>().size(), 2U);
  EXPECT_EQ(worker.sent<SequencedReport>()[0].sequence, 1U);
  EXPECT_EQ(worker.sent<SequencedReport>()[1].sequence, 3U);
}

TEST(Link, WhatIsNotDurableIsNotSentOnANewStreamEither) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.say(epoch_event(1));
  worker.step(LinkLost{kGone});
  worker.run_for(Millis(100));
  worker.welcome();
  EXPECT_TRUE(worker.sent<SequencedReport>().empty());
  worker.persist();
  EXPECT_EQ(worker.sent<SequencedReport>().size(), 1U);
}

TEST(Link, HeartbeatsNameWhatIsHeld) {
  Harness worker(2);
  worker.start_training(lease_of(1));
  worker.run_for(Millis(9'000));
  const auto beats = worker.sent<Heartbeat>();
  ASSERT_EQ(beats.size(), 3U);
  EXPECT_EQ(beats[0].running, (std::vector<HeldAttempt>{{{3, 1}, {"cpu"}}}));
}

TEST(Link, AnotherVersionEndsTheWorker) {
  Harness worker;
  worker.step(LinkLost{{ErrorCode::failed_precondition, "worker 0.1.0, coordinator 0.2.0"}});
  ASSERT_TRUE(worker.exit());
  EXPECT_EQ(worker.exit()->code, 2);
  EXPECT_EQ(worker.exit()->message, "worker 0.1.0, coordinator 0.2.0");
}

TEST(Link, AMissingRoleEndsTheWorkerWithTheCodeForRefusals) {
  Harness worker;
  worker.step(LinkLost{{ErrorCode::refused, "role worker is needed"}});
  ASSERT_TRUE(worker.exit());
  EXPECT_EQ(worker.exit()->code, 4);
}

TEST(Link, ANameInUseEndsTheWorkerUnlessItIsOurOwnOldStream) {
  const Error taken{ErrorCode::already_exists, "name w1 is in use"};
  Harness fresh;
  const Now start = fresh.now;
  while (!fresh.exit() && fresh.now < start + Millis(60'000)) {
    fresh.step(LinkLost{taken});
    fresh.run_for(Millis(500));
  }
  ASSERT_TRUE(fresh.exit());
  EXPECT_EQ(fresh.exit()->code, 2);
  EXPECT_EQ(fresh.exit()->message, "name w1 is in use");

  Harness attached;
  attached.welcome();
  attached.step(LinkLost{kGone});
  attached.run_for(Millis(100));
  for (int i = 0; i < 5; ++i) {
    attached.step(LinkLost{taken});
    attached.run_for(Millis(5'000));
  }
  EXPECT_FALSE(attached.exit()) << "the coordinator may take a lease's time to notice";
}

TEST(Link, NoWelcomeIsALostLink) {
  Harness worker;
  worker.pass(worker.settings.connect_limit);
  EXPECT_EQ(worker.last<Disconnect>().size(), 1U);
  worker.run_for(Millis(100));
  EXPECT_EQ(worker.last<Connect>().size(), 1U);
}

TEST(Link, ACoordinatorThatDoesNotStartWithAWelcomeIsLeft) {
  Harness worker;
  worker.step(leased(lease_of(1)));
  EXPECT_EQ(worker.last<Disconnect>().size(), 1U);
  EXPECT_TRUE(worker.agent.held().empty());
}

TEST(Outbox, ResultsOfAnEarlierProcessAreDelivered) {
  const AttemptFinished finished{finished_event().result, {}};
  Harness worker(1, {kept(7, 1, EpochFinished{epoch_event(1).metrics}), kept(8, 1, finished)});
  ASSERT_EQ(worker.all<Connect>().size(), 1U);
  EXPECT_EQ(worker.all<Connect>()[0].hello.held, (std::vector<HeldAttempt>{{{3, 1}, {}}}));
  worker.welcome();
  ASSERT_EQ(worker.sent<SequencedReport>().size(), 2U);
  EXPECT_EQ(worker.sent<SequencedReport>()[1].sequence, 8U);
  worker.step(Received{ReportAck{7}});
  EXPECT_EQ(worker.agent.held().size(), 1U);
  worker.step(Received{ReportAck{8}});
  EXPECT_TRUE(worker.agent.held().empty());
}

TEST(Outbox, AResultOfAnEarlierProcessFollowsItsModel) {
  const ArtifactRef model = artifact_of(9, ArtifactKind::model);
  Harness worker(1, {kept(8, 1, AttemptFinished{finished_event().result, {model}})});
  ASSERT_EQ(worker.all<UploadKept>().size(), 1U);
  EXPECT_EQ(worker.all<UploadKept>()[0].artifact, model);
  EXPECT_EQ(worker.all<Connect>()[0].hello.held, (std::vector<HeldAttempt>{{{3, 1}, {}}}));
  worker.welcome();
  EXPECT_TRUE(worker.sent<SequencedReport>().empty());
  worker.step(Uploaded{{3, 1}, model});
  ASSERT_EQ(worker.sent<SequencedReport>().size(), 1U);
  EXPECT_EQ(worker.sent<SequencedReport>()[0].sequence, 8U);
  worker.step(Received{ReportAck{8}});
  EXPECT_EQ(worker.last<ReleaseKept>().size(), 1U);
}

TEST(Outbox, AWithdrawnResultThatACrashBroughtBackIsForgotten) {
  const AttemptFinished finished{finished_event().result, {artifact_of(9, ArtifactKind::model)}};
  Harness worker(1, {kept(7, 1, finished), kept(8, 1, AttemptFailed{FailureKind::job_error, "no"})});
  ASSERT_EQ(worker.all<Forget>().size(), 1U);
  EXPECT_EQ(worker.all<Forget>()[0].sequence, 7U);
  worker.welcome();
  ASSERT_EQ(worker.sent<SequencedReport>().size(), 1U);
  worker.step(Received{ReportAck{8}});
  worker.step(TerminateRequested{});
  EXPECT_TRUE(worker.exit()) << "nothing waits";
}

TEST(Outbox, AnAttemptThatDiedWithTheWorkerIsGivenBack) {
  Harness worker(1, {kept(7, 1, EpochFinished{epoch_event(1).metrics})});
  const auto persisted = worker.all<Persist>();
  ASSERT_EQ(persisted.size(), 1U);
  EXPECT_EQ(persisted[0].report.sequence, 8U) << "behind what is there already";
  EXPECT_EQ(std::get<AttemptFailed>(persisted[0].report.report.body).kind, FailureKind::refused);
  worker.welcome();
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}});
  worker.persist();
  EXPECT_EQ(worker.sent<Credits>(), std::vector<Credits>{{{1}}});
}

TEST(Outbox, AnAcknowledgementOfNothingIsIgnored) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(Received{ReportAck{99}});
  EXPECT_TRUE(worker.last<Forget>().empty());
  EXPECT_EQ(worker.agent.held().size(), 1U);
}

}  // namespace
}  // namespace spin::agent
