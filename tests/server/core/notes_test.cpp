#include <string>
#include <vector>

#include "tests/server/core/harness.h"

// What a listing of jobs shows beside what is stored of them.

namespace spin::core {
namespace {

using Shown = std::pair<JobState, std::string>;

Shown shown(const Harness& harness, const std::string& label) {
  const JobRow row = harness.row(label);
  return {row.state, row.reason};
}

TEST(JobNotes, SayHowFarAJobIsAndWhyOthersDoNotRun) {
  Harness harness({.backoff_first_ms = 5000, .part_jobs = 1});
  harness.submit(PlanOf("s").max_attempts(2).job("a").job("b").job("c", {"a"}).job("d"));
  EXPECT_EQ(harness.row("a").reason, "no worker is attached");
  const SendLease lease = harness.lease_to("w");
  harness.say(lease.session, Progress{.attempt = lease.attempt, .step = 50, .steps = 100});
  EXPECT_EQ(harness.row("a").share_done, 0.5);
  EXPECT_EQ(harness.row("b").reason, "until a worker is free");
  EXPECT_EQ(harness.row("c").reason, "a job that it depends on is not done");
  harness.submit(PlanOf("first").priority(3).job("e").job("f"));
  EXPECT_EQ(harness.row("b").reason, "jobs of a higher priority go first");
  EXPECT_EQ(harness.row("e").reason, "until a worker is free");
  harness.fail(lease, FailureKind::job_error, "no such folder");
  EXPECT_EQ(harness.row("a").reason, "again in 5 s: no such folder");
  EXPECT_FALSE(harness.row("a").share_done.has_value());
  harness.pause(SweepId{1});
  ASSERT_EQ(harness.state("d"), JobState::ready) << "the pause is on its way";
  EXPECT_EQ(harness.row("d").state, JobState::paused);
  EXPECT_EQ(harness.row("d").reason, "sweep 1 's' is paused");
  EXPECT_EQ(harness.status(SweepId{1}).hint.rfind("the pause holds, and has reached ", 0), 0U);
}

TEST(JobNotes, ShowWhatASweepIsAskedForBeforeItReachesTheJob) {
  Harness harness({.part_jobs = 2});
  const SweepId sweep = harness.submit(PlanOf("s").job("a").jobs("j", 8, {"a"}));
  const Shown waits{JobState::waiting, "a job that it depends on is not done"};
  harness.pause(sweep);
  harness.settle();
  harness.resume(sweep);
  harness.pause(harness.key("j1"));
  for (const bool restarted : {false, true}) {
    if (restarted) harness.restart();
    ASSERT_EQ(harness.state("j8"), JobState::paused);
    EXPECT_EQ(shown(harness, "a"), Shown(JobState::ready, "no worker is attached"));
    EXPECT_EQ(shown(harness, "j8"), waits);
    EXPECT_EQ(shown(harness, "j1"), Shown(JobState::paused, "the job was paused"));
  }
  harness.cancel(sweep);
  ASSERT_EQ(harness.state("j8"), JobState::paused);
  EXPECT_EQ(shown(harness, "j8"), Shown(JobState::cancelled, "sweep 1 's' was cancelled"));
  harness.settle();
  harness.steer(sweep, steer::Retry{});
  ASSERT_EQ(harness.state("j8"), JobState::cancelled);
  EXPECT_EQ(shown(harness, "j8"), waits);
  harness.pause(sweep);
  EXPECT_EQ(shown(harness, "j8"), Shown(JobState::paused, "sweep 1 's' is paused"));
}

TEST(JobNotes, ShowTheRetryThatIsOnItsWayAlsoForWhatItUnblocks) {
  Harness harness({.quarantine_failures = 100, .part_jobs = 1});
  const SweepId sweep = harness.submit(
      PlanOf("s").max_attempts(1).jobs("x", 3).job("a").job("b", {"a"}).job("c").job("d", {"c"}));
  const SessionId session = harness.attach("w", 5);
  for (const SendLease& lease : harness.credits(session, 5)) harness.fail(lease, FailureKind::job_error);
  ASSERT_EQ(harness.state("b"), JobState::blocked);
  harness.cancel(harness.key("d"));
  harness.steer(sweep, steer::Retry{true});
  ASSERT_EQ(harness.state("a"), JobState::failed);
  EXPECT_EQ(shown(harness, "a"), Shown(JobState::ready, "until a worker is free"));
  EXPECT_EQ(shown(harness, "b"), Shown(JobState::waiting, "a job that it depends on is not done"));
  EXPECT_EQ(shown(harness, "d"), Shown(JobState::cancelled, "the job was cancelled"))
      << "a retry of what has failed";
  harness.settle();
  EXPECT_EQ(harness.state("b"), JobState::waiting);
}

TEST(JobNotes, AJobThatIsCancelledForAnotherSweepSaysSoBeforeAndAfterACrash) {
  Harness harness({.part_jobs = 2});
  harness.submit(PlanOf("s").jobs("j", 9));
  harness.submit(PlanOf("s").jobs("k", 9), true);
  const Shown replaced{JobState::cancelled, "sweep 2 's' has taken its place"};
  ASSERT_EQ(harness.state("j9"), JobState::ready);
  EXPECT_EQ(shown(harness, "j9"), replaced);
  harness.restart();
  EXPECT_EQ(shown(harness, "j9"), replaced);
  harness.settle();
  EXPECT_EQ(harness.stored("j9").reason, replaced.second);
}

}  // namespace
}  // namespace spin::core
