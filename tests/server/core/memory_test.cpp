#include <malloc.h>

#include "server/core/restoration.h"
#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

std::size_t heap_bytes() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

/// Of a sweep in which so many jobs wait for one another: each but the first of them for the one before.
std::size_t bytes_a_job(int chain) {
  constexpr int kJobs = 50'000;
  Coordinator coordinator(Restoration({}, 1), Now{});
  const std::size_t before = heap_bytes();
  {
    PlanOf plan("s");
    for (int i = 0; i < kJobs; ++i) {
      const std::string label = "j" + std::to_string(i);
      plan.job(label, i % chain > 0 ? std::vector<std::string>{"j" + std::to_string(i - 1)}
                                    : std::vector<std::string>{});
    }
    coordinator.handle(SweepSubmitted{1, plan.plan(), "", {}, 0}, Now{});
  }
  EXPECT_EQ(coordinator.sweep_status(SweepId{1}, Now{})->counts.total(), kJobs);
  return (heap_bytes() - before) / kJobs;
}

TEST(Memory, AJobCostsAHundredBytesWhateverItsConfigurationAndAThirdMoreWithItsDependencies) {
  if (heap_bytes() == 0) GTEST_SKIP() << "a sanitizer's allocator does not count";
  EXPECT_LT(bytes_a_job(1), 110U);
  EXPECT_LT(bytes_a_job(2), 140U);
}

TEST(Memory, ARestartCostsNoMoreWhereAllIsPausedCancelledOrBlocked) {
  if (heap_bytes() == 0) GTEST_SKIP() << "a sanitizer's allocator does not count";
  constexpr int kJobs = 50'000;
  for (const JobState state : {JobState::ready, JobState::paused, JobState::cancelled, JobState::blocked}) {
    const std::size_t before = heap_bytes();
    const auto each = [&] { return (heap_bytes() - before) / kJobs; };
    Restoration restoration({}, 1);
    StoredSweep sweep;
    sweep.id = SweepId{1};
    sweep.name = "s";
    sweep.paused = state == JobState::paused;
    sweep.cancelled = state == JobState::cancelled;
    for (int i = 1; i <= kJobs; ++i) {
      StoredJob job;
      job.key = JobKey{i};
      job.id = id_of("j" + std::to_string(i));
      job.state = i == 1 && state == JobState::blocked ? JobState::failed : state;
      job.reason = "a reason that people find in the database, and of which the rules need nothing at all";
      if (i > 1 && state == JobState::blocked) job.inputs = {{InputRole::init, JobKey{1}}};
      sweep.jobs.push_back(job.key);
      restoration.take(std::move(job));
    }
    restoration.take(std::move(sweep));
    EXPECT_LT(each(), 180U) << "bytes a job while it is read, " << static_cast<int>(state);
    const Coordinator coordinator(std::move(restoration), Now{});
    EXPECT_LT(each(), 180U) << "bytes a job, " << static_cast<int>(state);
    EXPECT_EQ(coordinator.sweep_status(SweepId{1}, Now{})->counts.total(), kJobs);
    EXPECT_TRUE(coordinator.check_invariants().empty());
  }
}

}  // namespace
}  // namespace spin::core
