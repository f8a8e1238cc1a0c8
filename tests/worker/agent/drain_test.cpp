#include "tests/worker/agent/harness.h"

namespace spin::agent {
namespace {

TEST(Drain, AnIdleWorkerLeavesAtOnce) {
  Harness worker;
  worker.welcome();
  worker.terminate(TerminateRequested::How::drain);
  EXPECT_EQ(worker.sent<Draining>().size(), 1U);
  ASSERT_TRUE(worker.exit());
  EXPECT_EQ(worker.exit()->code, 0);
}

TEST(Drain, AWorkerThatFoundNoCoordinatorLeavesAtOnce) {
  Harness worker;
  worker.step(LinkLost{{ErrorCode::unavailable, "no such socket"}});
  worker.terminate(TerminateRequested::How::drain);
  ASSERT_TRUE(worker.exit());
  EXPECT_EQ(worker.exit()->code, 0);
}

TEST(Drain, RunningJobsFinishAndTheirResultsAreAcknowledged) {
  Harness worker;
  worker.start_training(lease_of(1));
  worker.terminate(TerminateRequested::How::drain);
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
  worker.terminate(TerminateRequested::How::drain);
  worker.step(LinkLost{{ErrorCode::unavailable, "gone"}});
  worker.run_for(Millis(100));
  worker.welcome();
  EXPECT_EQ(worker.sent<Draining>().size(), 1U);
  EXPECT_TRUE(worker.sent<Credits>().empty());
}

TEST(Drain, ALeaseThatCrossedItIsGivenBack) {
  Harness worker(2);
  worker.start_training(lease_of(1));
  worker.terminate(TerminateRequested::How::drain);
  worker.step(leased(lease_of(2)));
  ASSERT_EQ(worker.kept<AttemptFailed>().size(), 1U);
  EXPECT_EQ(worker.kept<AttemptFailed>()[0].kind, FailureKind::refused);
}

TEST(Drain, NothingFollowsTheEnd) {
  Harness worker;
  worker.terminate(TerminateRequested::How::drain);
  ASSERT_TRUE(worker.exit());
  EXPECT_TRUE(worker.step(leased(lease_of(1))).empty());
  EXPECT_FALSE(worker.agent.next_deadline());
}

}  // namespace
}  // namespace spin::agent
