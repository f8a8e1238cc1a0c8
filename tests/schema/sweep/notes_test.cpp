#include "tests/schema/sweep/sweep_text.h"

namespace spin {
namespace {

using Notes = std::vector<std::string>;

TEST(PlanNotes, APatchThatDoesNotDivideTheImage) {
  const auto notes = [](const std::string& more) { return good_plan(small_sweep(more)).notes; };
  EXPECT_EQ(notes(""), Notes{});
  EXPECT_EQ(notes("network.resolution: 30\n"),
            Notes{"patch 4 leaves out 2 of 30 pixels of each side; a resolution of 28 would do"});
  EXPECT_EQ(
      good_plan(small_sweep(), {"network={family: deit, channels: 64, depth: 2, resolution: 225}"}).notes,
      Notes{"patch 16 leaves out 1 of 225 pixels of each side; a resolution of 224 would do"});
  const auto many = notes("axes: {network.resolution: [29, 30, 31, 33, 34, 35, 37, 38, 39, 41, 42]}\n");
  ASSERT_EQ(many.size(), 9U);
  EXPECT_EQ(many.back(), "so do 3 more pairs of patch and resolution");
}

TEST(PlanNotes, PointsThatAreOneJob) {
  const auto planned = good_plan(
      small_sweep("axes: {training.lr: [0.001, 1e-3, 1.0e-3], training.weight_decay: [0, 0.0, -0.0]}\n"));
  EXPECT_EQ(planned.jobs.size(), 1U);
  EXPECT_EQ(planned.notes, Notes{"8 of 9 points are the same as one before and trained once, such as "
                                 "training.lr: 0.001, training.weight_decay: 0.0"});
  EXPECT_EQ(good_plan(small_sweep("cells: [{network.depth: 4}, {network: {depth: 4}}]\n")).notes,
            Notes{"1 of 2 points is the same as one before and trained once, such as network.depth: 4"});
}

TEST(PlanNotes, ABaselineThatAPointAsksForAsWellIsNoRepetition) {
  EXPECT_EQ(good_plan(small_sweep("axes: {sharing.rate: [2, 1]}\nbaselines: {unshared: true}\n")).notes,
            Notes{});
  EXPECT_EQ(good_plan(small_sweep("seeds: [0, 1]\naxes: {sharing.rate: [1, 2]}\n")).notes, Notes{});
}

}  // namespace
}  // namespace spin
