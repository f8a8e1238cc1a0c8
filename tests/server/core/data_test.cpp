// Where the data of jobs lie.
#include "tests/server/core/harness.h"

namespace spin::core {
namespace {

using Notes = std::vector<std::string>;

Notes notes(const Harness& harness) {
  const auto accepted = all_of<SubmitAccepted>(harness.last);
  return accepted.empty() ? Notes() : accepted.front().notes;
}

TEST(Data, TheSameSweepMayBeHandedInWithItsDataElsewhere) {
  Harness harness;
  const SweepId sweep = harness.submit(PlanOf("s").job("a").data_in("/typo"));
  EXPECT_TRUE(notes(harness).empty());
  EXPECT_EQ(harness.submit(PlanOf("s").job("a").data_in("/data")), sweep);
  EXPECT_EQ(notes(harness), (Notes{"sweep 1 's' reads mnist in /data from now on, and no longer in /typo"}));
  EXPECT_EQ(harness.store.sweeps().at(sweep).data, (std::vector<DataPlace>{{"mnist", "/data"}}));
  harness.restart();
  EXPECT_EQ(harness.submit(PlanOf("s").job("a").data_in("/data")), sweep);
  EXPECT_TRUE(harness.changes.empty() && notes(harness).empty());
}

TEST(Data, ALaterSweepSaysWhereUnfinishedJobsReadTheirs) {
  Harness harness;
  harness.submit(PlanOf("one").job("a").job("b").job("c").data_in("/old"));
  harness.finish(harness.lease_to("w"));
  harness.submit(PlanOf("two").job("a").job("b").job("c").job("d").data_in("/new"));
  EXPECT_EQ(notes(harness),
            (Notes{"2 unfinished jobs that earlier sweeps have too read mnist in /new from now on, "
                   "and no longer in /old"}));
  harness.submit(PlanOf("three").job("b").job("d").data_in("/new"));
  EXPECT_TRUE(notes(harness).empty());
}

}  // namespace
}  // namespace spin::core
