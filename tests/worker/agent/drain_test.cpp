#include "tests/worker/agent/harness.h"

namespace spin::agent {
namespace {

TEST(Drain, AnIdleWorkerLeavesAtOnce) {
  Harness worker;
  worker.welcome();
  worker.step(TerminateRequested{});
  EXPECT_EQ(worker.sent<Draining>().size(), 1U);
  ASSERT_TRUE(worker.exit());
  EXPECT_EQ(worker.exit()->code, 0);
}

TEST(Drain, AWorkerThatFoundNoCoordinatorLeavesAtOnce) {
  Harness worker;
  worker.step(LinkLost{{ErrorCode::unavailable, "no such socket"}});
  worker.step(TerminateRequested{});
  ASSERT_TRUE(worker.exit());
  EXPECT_EQ(worker.exit()->code, 0);
}

TEST(Drain, RunningJobsFinishAndTheirResultsAreAcknowledged) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(TerminateRequested{});
  EXPECT_FALSE(worker.exit());
  worker.finish_training();
  EXPECT_TRUE(worker.sent<Credits>().empty());
  worker.step(Uploaded{{3, 1}, artifact_of(9, ArtifactKind::model)});
  worker.persist();
  EXPECT_FALSE(worker.exit()) << "not before it is acknowledged";
  worker.acknowledge_all();
  ASSERT_TRUE(worker.exit());
  EXPECT_EQ(worker.exit()->code, 0);
  EXPECT_EQ(worker.all<KillTrainer>().size(), 1U) << "the idle trainer goes too";
}

TEST(Drain, TheCoordinatorMayAskForIt) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(Received{DrainRequest{}});
  EXPECT_EQ(worker.sent<Draining>().size(), 1U);
  EXPECT_TRUE(worker.agent.is_draining());
}

TEST(Drain, ANewStreamHearsOfIt) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(TerminateRequested{});
  worker.step(LinkLost{{ErrorCode::unavailable, "gone"}});
  worker.run_for(Millis(100));
  worker.welcome();
  EXPECT_EQ(worker.sent<Draining>().size(), 1U);
  EXPECT_TRUE(worker.sent<Credits>().empty());
}

TEST(Drain, ALeaseThatCrossedItIsGivenBack) {
  Harness worker(2);
  worker.start_training(lease_of(1));
  worker.step(TerminateRequested{});
  worker.step(Received{lease_of(2)});
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::refused);
}

TEST(Drain, ASecondSignalGivesRunningJobsBackAndKillsTheTrainers) {
  Harness worker(2);
  worker.start_training(lease_of(1));
  worker.step(Received{lease_of(2)});
  worker.step(TerminateRequested{});
  worker.step(TerminateRequested{});
  EXPECT_EQ(worker.kept<AttemptFailed>().size(), 2U);
  EXPECT_EQ(worker.last<KillTrainer>().size(), 2U);
  EXPECT_FALSE(worker.exit()) << "the reports are worth a moment";
  worker.persist();
  worker.acknowledge_all();
  ASSERT_TRUE(worker.exit());
  EXPECT_EQ(worker.exit()->code, 0);
}

TEST(Drain, ASecondSignalDoesNotWaitForeverForAcknowledgements) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(TerminateRequested{});
  worker.step(TerminateRequested{});
  worker.run_for(worker.settings.quit_limit);
  EXPECT_TRUE(worker.exit());
}

TEST(Drain, ASecondSignalWithoutALinkEndsAtOnceAndKeepsTheReports) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(LinkLost{{ErrorCode::unavailable, "gone"}});
  worker.step(TerminateRequested{});
  worker.step(TerminateRequested{});
  EXPECT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  ASSERT_TRUE(worker.exit());
}

TEST(Drain, ASecondSignalLeavesAFinishedResultInTheOutbox) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.finish_training();
  worker.step(TerminateRequested{});
  worker.step(TerminateRequested{});
  EXPECT_TRUE(worker.all<Forget>().empty());
  EXPECT_TRUE(worker.all<ReleaseModel>().empty());
  EXPECT_TRUE(worker.kept<AttemptFailed>().empty());
  worker.run_for(worker.settings.quit_limit);
  EXPECT_TRUE(worker.exit());
}

TEST(Drain, ASecondSignalWithoutALinkWaitsForAModelThatIsBeingKept) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.step(LinkLost{{ErrorCode::unavailable, "gone"}});
  worker.say(finished_event());
  worker.step(TerminateRequested{});
  worker.step(TerminateRequested{});
  EXPECT_FALSE(worker.exit());
  worker.step(ModelKept{{3, 1}, artifact_of(9, ArtifactKind::model)});
  EXPECT_EQ(worker.kept<AttemptFinished>().size(), 1U);
  EXPECT_TRUE(worker.exit());
}

TEST(Drain, NothingFollowsTheEnd) {
  Harness worker;
  worker.step(TerminateRequested{});
  ASSERT_TRUE(worker.exit());
  EXPECT_TRUE(worker.step(Received{lease_of(1)}).empty());
  EXPECT_FALSE(worker.agent.next_deadline());
}

}  // namespace
}  // namespace spin::agent
