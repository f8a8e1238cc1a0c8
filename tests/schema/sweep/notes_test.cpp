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

TEST(PlanNotes, RepeatedAugmentationOfImagesThatNothingChanges) {
  const auto notes = [](const std::string& more) {
    return good_plan(small_sweep("training.repeated_augmentation: 3\n" + more)).notes;
  };
  EXPECT_EQ(notes(""), Notes{"training.repeated_augmentation: 3 shows 1 image of 3 in an epoch, 3 times the "
                             "same: no crop, flip, randaugment, random_erasing, mixup or cutmix changes it"});
  for (const auto* change : {"crop: padded", "flip: 0.5", "randaugment: {layers: 2}", "random_erasing: 0.25",
                             "mixup: 0.8", "cutmix: 1"})
    EXPECT_EQ(notes("training." + std::string(change) + "\n"), Notes{}) << change;
  EXPECT_EQ(notes("axes: {training.flip: [0, 0.5], training.lr: [0.1, 0.2]}\n").size(), 1U) << "said once";
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
