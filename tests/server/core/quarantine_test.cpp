#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

/// A bad worker on which five attempts of five jobs have failed, and a good one that has nothing to do.
class QuarantineTest : public testing::Test {
 protected:
  QuarantineTest() {
    sweep = harness.submit(PlanOf("s").max_attempts(2).jobs("j", 5));
    bad = harness.attach("bad", 1);
    good = harness.attach("good", 1);
  }
  std::vector<SendLease> lease_to_bad() { return harness.credits(bad, 1); }
  void fail_five() {
    for (int i = 0; i < 5; ++i) {
      const auto leases = lease_to_bad();
      ASSERT_EQ(leases.size(), 1U) << i;
      harness.fail(leases[0], FailureKind::trainer_died, "signal 11");
    }
  }
  [[nodiscard]] AttachedWorker row() const { return harness.coordinator->workers().at(0); }

  Harness harness;
  SweepId sweep;
  SessionId bad, good;
};

TEST_F(QuarantineTest, AWorkerOnWhichEverythingFailsGetsNothingForAWhile) {
  fail_five();
  EXPECT_EQ(row().state, "quarantined");
  EXPECT_EQ(row().reason, "the last 5 attempts failed, the last one with: signal 11");
  harness.advance(30'000);
  harness.heartbeat(bad, {});
  EXPECT_TRUE(lease_to_bad().empty());
}

TEST_F(QuarantineTest, AProbeThatFailsDoesNotCountAndDoublesTheWait) {
  fail_five();
  ASSERT_TRUE(lease_to_bad().empty());
  const auto probe = all_of<SendLease>(harness.advance(60'000));
  ASSERT_EQ(probe.size(), 1U);
  const int deaths = harness.store.job(probe[0].job).job.trainer_deaths;
  harness.fail(probe[0], FailureKind::trainer_died);
  EXPECT_EQ(harness.store.job(probe[0].job).job.trainer_deaths, deaths);
  EXPECT_NE(harness.store.job(probe[0].job).job.reason.find("does not count"), std::string::npos);
  ASSERT_TRUE(lease_to_bad().empty());
  EXPECT_TRUE(all_of<SendLease>(harness.advance(119'000)).empty());
  EXPECT_EQ(all_of<SendLease>(harness.advance(1'000)).size(), 1U);
}

TEST_F(QuarantineTest, AProbeIsAJobThatHasNotFailedThere) {
  fail_five();
  harness.submit(PlanOf("more").jobs("k", 2));
  ASSERT_TRUE(lease_to_bad().empty());
  for (const char* const fresh : {"k1", "k2"}) {
    const auto probe = all_of<SendLease>(harness.advance(4 * 60'000));
    ASSERT_EQ(probe.size(), 1U);
    EXPECT_EQ(probe[0].job, harness.key(fresh));
    harness.fail(probe[0], FailureKind::trainer_died);
    ASSERT_TRUE(lease_to_bad().empty());
  }
  EXPECT_EQ(all_of<SendLease>(harness.advance(8 * 60'000)).size(), 1U)
      << "where all have failed, any will do";
}

TEST_F(QuarantineTest, ASuccessEndsIt) {
  fail_five();
  ASSERT_TRUE(lease_to_bad().empty());
  const auto probe = all_of<SendLease>(harness.advance(60'000));
  ASSERT_EQ(probe.size(), 1U);
  harness.finish(probe[0]);
  EXPECT_EQ(row().state, "online");
  EXPECT_EQ(lease_to_bad().size(), 1U);
}

TEST_F(QuarantineTest, AWorkerThatIsAloneIsNotAtFault) {
  fail_five();
  ASSERT_EQ(row().state, "quarantined");
  harness.detach(good);
  EXPECT_EQ(row().state, "online");
}

TEST_F(QuarantineTest, ASuccessInBetweenBeginsTheCountAnew) {
  for (int i = 0; i < 4; ++i) harness.fail(lease_to_bad().at(0), FailureKind::job_error);
  harness.finish(lease_to_bad().at(0));
  harness.advance(60'000);
  harness.heartbeat(bad, {});
  harness.fail(lease_to_bad().at(0), FailureKind::job_error);
  EXPECT_EQ(row().state, "online");
}

TEST(Quarantine, TheFailuresOfTwoJobsSayNothingOfTheWorker) {
  Harness harness;
  harness.submit(PlanOf("s").max_attempts(9).jobs("j", 2));
  const SessionId bad = harness.attach("bad", 1);
  harness.attach("good", 1);
  for (int i = 0; i < 8; ++i) {
    harness.advance(60'000);
    harness.heartbeat(bad, {});
    harness.fail(harness.credits(bad, 1).at(0), FailureKind::job_error);
  }
  EXPECT_EQ(harness.coordinator->workers().at(0).state, "online");
}

TEST(Quarantine, AFailureCountsWhereNoOtherWorkerCouldHaveTheJob) {
  Harness harness;
  const Requirements gpu{.device = {}, .memory_bytes = {}, .labels = {"gpu"}};
  harness.submit(PlanOf("s").max_attempts(2).requires_of_workers(gpu).jobs("j", 5));
  WorkerHello only = Harness::hello("only");
  only.labels = {"gpu"};
  const SessionId bad = harness.attach(only);
  harness.attach("other", 1);
  for (int i = 0; i < 5; ++i) harness.fail(harness.credits(bad, 1).at(0), FailureKind::job_error);
  ASSERT_EQ(harness.coordinator->workers().at(0).state, "quarantined");
  ASSERT_TRUE(harness.credits(bad, 1).empty());
  const auto probe = all_of<SendLease>(harness.advance(60'000));
  ASSERT_EQ(probe.size(), 1U);
  harness.fail(probe[0], FailureKind::job_error);
  EXPECT_EQ(harness.store.job(probe[0].job).job.state, JobState::failed) << "or it would be tried for ever";
}

}  // namespace
}  // namespace spin::core
