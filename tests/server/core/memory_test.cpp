#include <malloc.h>

#include "server/core/restoration.h"
#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

std::size_t heap_bytes() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

TEST(Memory, AJobCostsAFewHundredBytesWhateverItsConfiguration) {
  if (heap_bytes() == 0) GTEST_SKIP() << "a sanitizer's allocator does not count";
  constexpr int kJobs = 50'000;
  Coordinator coordinator(Restoration({}, 1), Now{});
  const std::size_t before = heap_bytes();
  {
    PlanOf plan("s");
    for (int i = 0; i < kJobs; ++i) {
      const std::string label = "j" + std::to_string(i);
      plan.job(label, i % 2 == 1 ? std::vector<std::string>{"j" + std::to_string(i - 1)}
                                 : std::vector<std::string>{});
    }
    coordinator.handle(SweepSubmitted{1, plan.plan(), "", {}, 0}, Now{});
  }
  const std::size_t each = (heap_bytes() - before) / kJobs;
  // 10,000 jobs take below 3 MB of spind's 50; 1,000,000 fit into 200 MB with room for all else.
  EXPECT_LT(each, 140U) << "bytes a job";
  EXPECT_EQ(coordinator.sweep_status(SweepId{1}, Now{})->counts.total(), kJobs);
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
