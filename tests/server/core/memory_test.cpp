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

}  // namespace
}  // namespace spin::core
