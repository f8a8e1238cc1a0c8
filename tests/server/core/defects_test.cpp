#include <utility>

#include <gtest/gtest.h>

#include "server/core/restoration.h"
#include "server/core/state.h"
#include "server/core/step.h"
#include "tests/server/core/plans.h"

namespace spin::core {
namespace {

TEST(Defects, ARefusedTransitionIsCountedNamedOnceAndChangesNothing) {
  Restoration restoration({}, 1);
  StoredJob job;
  job.key = JobKey{1};
  job.id = id_of("a");
  job.state = JobState::completed;
  restoration.take(job);
  StoredSweep sweep;
  sweep.id = SweepId{1};
  sweep.name = "s";
  sweep.jobs = {JobKey{1}};
  restoration.take(std::move(sweep));
  const auto core = restoration.finish(Now{});
  Effects effects;
  Step step{*core, Now{}, effects};
  for (int i = 0; i < 3; ++i) change(step, JobKey{1}, Lose{});
  EXPECT_EQ(core->counters.defects, 3);
  ASSERT_EQ(core->defects.size(), 1U) << "or a repeated one would fill memory and log";
  EXPECT_NE(core->defects[0].find("job 1: a completed job cannot take the input 'lose'"), std::string::npos)
      << core->defects[0];
  EXPECT_TRUE(effects.changes.empty());
  EXPECT_EQ(state_of(core->catalogue.at(JobKey{1}).phase), JobState::completed);
}

}  // namespace
}  // namespace spin::core
