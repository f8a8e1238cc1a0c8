#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

Progress progress(const SendLease& lease, std::int64_t step, std::int64_t steps = 100) {
  return {.attempt = lease.attempt, .step = step, .steps = steps};
}

TEST(SweepStatus, WorkIsEpochsTimesImagesTimesFlops) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a", {}, 3).job("b", {}, 1));
  EXPECT_EQ(harness.status(sweep).work_total, 4000);
  EXPECT_EQ(harness.status(sweep).work_done, 0);
  harness.finish(harness.lease_to("w"));
  EXPECT_EQ(harness.status(sweep).work_done, 3000);
  harness.restart();
  EXPECT_EQ(harness.status(sweep).work_total, 4000);
  EXPECT_EQ(harness.status(sweep).work_done, 3000);
}

TEST(SweepStatus, ARunningJobCountsByItsProgress) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a", {}, 2));
  const SendLease lease = harness.lease_to("w");
  harness.say(lease.session, progress(lease, 25));
  const SweepStatus status = harness.status(sweep);
  EXPECT_EQ(status.work_done, 500);
  ASSERT_EQ(status.running.size(), 1U);
  EXPECT_EQ(status.running[0].job, id_of("a"));
  EXPECT_EQ(status.running[0].worker, "w");
  EXPECT_EQ(status.running[0].progress->step, 25);
}

TEST(SweepStatus, ProgressThatCannotBeTrustedStaysWithinTheJob) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a"));
  const SendLease lease = harness.lease_to("w");
  harness.say(lease.session, progress(lease, 500));
  EXPECT_EQ(harness.status(sweep).work_done, 1000);
  harness.say(lease.session, progress(lease, -5));
  EXPECT_EQ(harness.status(sweep).work_done, 0);
  harness.say(lease.session, progress(lease, 5, 0));
  EXPECT_EQ(harness.status(sweep).work_done, 0);
}

TEST(SweepStatus, TimeLeftComesFromTheRateSinceTheFirstProgress) {
  Harness harness({.lease_ms = 1'000'000});
  const SweepId sweep = harness.submit(PlanOf("s").job("a").job("b"));
  const SendLease lease = harness.lease_to("w");
  harness.advance(60'000);
  EXPECT_EQ(harness.status(sweep).seconds_left, std::nullopt);
  harness.say(lease.session, progress(lease, 10));
  EXPECT_EQ(harness.status(sweep).seconds_left, std::nullopt) << "one point gives no rate";
  harness.advance(20'000);
  harness.say(lease.session, progress(lease, 50));
  // 400 units in 20 s; 500 of this job and 1000 of the other to go.
  ASSERT_TRUE(harness.status(sweep).seconds_left.has_value());
  EXPECT_DOUBLE_EQ(*harness.status(sweep).seconds_left, 75);
  harness.finish(lease);
  // 900 units in 20 s, 1000 to go.
  EXPECT_DOUBLE_EQ(*harness.status(sweep).seconds_left, 1000 * 20.0 / 900);
}

TEST(SweepStatus, NothingIsLeftOfASweepThatCannotGoOn) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").max_attempts(1).job("a").job("b", {"a"}));
  harness.fail(harness.lease_to("w"), FailureKind::job_error);
  EXPECT_EQ(harness.status(sweep).seconds_left, 0);
}

TEST(SweepStatus, TheVersionGrowsWithWhatTheStatusShows) {
  Harness harness;
  const SweepId one = harness.submit(PlanOf("one").job("a"));
  const SweepId two = harness.submit(PlanOf("two").job("b"));
  std::uint64_t before = harness.coordinator->sweep_version(one);
  const auto grew = [&] {
    const std::uint64_t now = harness.coordinator->sweep_version(one);
    return std::exchange(before, now) < now;
  };
  EXPECT_FALSE(grew());
  const SendLease lease = harness.lease_to("w");
  EXPECT_TRUE(grew());
  harness.say(lease.session, progress(lease, 5));
  EXPECT_TRUE(grew());
  const std::uint64_t other = harness.coordinator->sweep_version(two);
  harness.finish(lease);
  EXPECT_TRUE(grew());
  EXPECT_EQ(harness.coordinator->sweep_version(two), other);
}

TEST(SweepStatus, UnknownOnesAreNotThere) {
  Harness harness;
  EXPECT_FALSE(harness.coordinator->sweep_status(SweepId{3}, harness.now).has_value());
  EXPECT_EQ(harness.coordinator->sweep_version(SweepId{3}), 0U);
  EXPECT_EQ(harness.coordinator->job_state(JobKey{3}), std::nullopt);
  EXPECT_EQ(harness.coordinator->job_state(JobKey{0}), std::nullopt);
}

TEST(SweepStatus, WorkThatIsDoneStaysSoWhileItsJobIsPaused) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a").job("b"));
  const SendLease lease = harness.lease_to("w");
  harness.say(lease.session, progress(lease, 50));
  const double before = harness.status(sweep).work_done;
  ASSERT_GT(before, 0);
  harness.pause(sweep);
  EXPECT_EQ(harness.status(sweep).work_done, before);
  harness.report(lease, CheckpointStored{{artifact_id("saved"), ArtifactKind::checkpoint, 5}, 1}, 1);
  harness.fail(lease, FailureKind::refused, "paused");
  EXPECT_EQ(harness.status(sweep).work_done, before);
  harness.resume(sweep);
  EXPECT_EQ(harness.status(sweep).work_done, before);
  const auto next = harness.credits(lease.session, 1);
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(harness.status(sweep).work_done, before) << "until it says more";
  harness.say(next[0].session, progress(next[0], 40));
  EXPECT_EQ(harness.status(sweep).work_done, before * 40 / 50);
  EXPECT_EQ(harness.coordinator->sweep_statuses(harness.now).at(0).work_done, before * 40 / 50);
  harness.fail(next[0], FailureKind::job_error);
  EXPECT_EQ(harness.status(sweep).work_done, before * 40 / 50) << "it goes on from its checkpoint";
}

TEST(SweepStatus, OfAllAtOnceIsThatOfEach) {
  Harness harness;
  const SweepId one = harness.submit(PlanOf("one").job("a").job("b"));
  const SweepId two = harness.submit(PlanOf("two").job("a").job("c"));
  const SendLease lease = harness.lease_to("w");
  harness.say(lease.session, progress(lease, 50));
  const auto all = harness.coordinator->sweep_statuses(harness.now);
  ASSERT_EQ(all.size(), 2U);
  for (const auto& [id, status] : {std::pair(one, all[0]), std::pair(two, all[1])}) {
    EXPECT_EQ(status.id, id);
    EXPECT_EQ(status.counts, harness.status(id).counts);
    EXPECT_EQ(status.work_done, harness.status(id).work_done);
    EXPECT_EQ(status.running.size(), 1U);
  }
  StateCounts sum = all[0].counts;
  sum += all[1].counts;
  EXPECT_EQ(harness.coordinator->totals(), sum);
}

}  // namespace
}  // namespace spin::core
