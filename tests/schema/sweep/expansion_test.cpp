#include "tests/schema/sweep/sweep_text.h"

namespace spin {
namespace {

using Names = std::vector<std::string>;

TEST(Expansion, TheFirstAxisIsTheSlowestAndSeedsAreTheFastest) {
  const auto planned =
      good_plan(small_sweep("axes:\n"
                            "  sharing.mapping: [sequential, strided]\n"
                            "  sharing.rate: [2, 4]\n"
                            "seeds: [0, 1]\n"));
  EXPECT_EQ(job_names(planned),
            (Names{"convmixer-64-8-4-3.sequential-2.s0", "convmixer-64-8-4-3.sequential-2.s1",
                   "convmixer-64-8-4-3.sequential-4.s0", "convmixer-64-8-4-3.sequential-4.s1",
                   "convmixer-64-8-4-3.strided-2.s0", "convmixer-64-8-4-3.strided-2.s1",
                   "convmixer-64-8-4-3.strided-4.s0", "convmixer-64-8-4-3.strided-4.s1"}));
  ASSERT_EQ(planned.cells.size(), 4U);
  EXPECT_EQ(planned.jobs[5].cell, 2);
  EXPECT_EQ(train_of(planned.jobs[5]).seed, 1);
}

TEST(Expansion, ZipWalksInStepWithinTheAxes) {
  const auto planned =
      good_plan(small_sweep("zip:\n"
                            "  - {network.depth: [8, 4], network.channels: [16, 32]}\n"
                            "axes: {sharing.rate: [2, 4]}\n"));
  EXPECT_EQ(job_names(planned),
            (Names{"convmixer-16-8-4-3.sequential-2.s0", "convmixer-32-4-4-3.sequential-2.s0",
                   "convmixer-16-8-4-3.sequential-4.s0", "convmixer-32-4-4-3.sequential-4.s0"}));
}

TEST(Expansion, CellsAreCrossedWithAxes) {
  const auto planned =
      good_plan(small_sweep("cells:\n"
                            "  - {network.depth: 8}\n"
                            "  - network: {depth: 4, kernel: 5}\n"
                            "axes: {sharing: {rate: [2, 4]}}\n"));
  EXPECT_EQ(job_names(planned),
            (Names{"convmixer-64-8-4-3.sequential-2.s0", "convmixer-64-8-4-3.sequential-4.s0",
                   "convmixer-64-4-4-5.sequential-2.s0", "convmixer-64-4-4-5.sequential-4.s0"}));
}

TEST(Expansion, ATopologyOfACellOverrulesTheAxes) {
  const auto planned =
      good_plan(small_sweep("axes: {sharing.mapping: [sequential, strided], sharing.rate: [2, 4]}\n"
                            "cells: [{sharing.groups: 2x1 1x6}]\n"));
  ASSERT_EQ(planned.cells.size(), 1U);
  EXPECT_EQ(planned.cells[0].sharing, "groups 2x1 1x6");
  EXPECT_EQ(train_of(planned.jobs[0]).topology.layers(), (std::vector<int>{0, 1, 2, 2, 2, 2, 2, 2}));
}

TEST(Expansion, AnAxisMayWalkWholeGroupsOfSettings) {
  const auto planned =
      good_plan(small_sweep("sharing.rate: 2\n"
                            "axes:\n"
                            "  dataset: [fashion-mnist, {name: mnist, train_limit: 1000}]\n"
                            "  fusion: [{strategy: none}, {strategy: mean, init: random}]\n"));
  ASSERT_EQ(planned.jobs.size(), 4U);
  EXPECT_EQ(train_of(planned.jobs[3]).dataset.name, "mnist");
  EXPECT_EQ(train_of(planned.jobs[3]).dataset.train_limit, 1000);
  EXPECT_EQ(planned.cells[3].fusion, "mean (random)");
  EXPECT_EQ(planned.cells[3].settings, "dataset=mnist train_limit=1000");
}

TEST(Expansion, ExcludeLeavesOutCellsThatMatchEveryEntry) {
  const auto planned =
      good_plan(small_sweep("axes: {sharing.mapping: [sequential, strided], sharing.rate: [2, 4]}\n"
                            "exclude:\n"
                            "  - {sharing.mapping: strided, sharing.rate: 4}\n"
                            "  - {sharing.rate: 2, training.epochs: 4}\n"
                            "  - {network: {resolution: 14}}\n"));
  EXPECT_EQ(planned.cells.size(), 3U);
  EXPECT_EQ(planned.left_out_by_exclude, 1);
}

TEST(Expansion, ExcludeSeesDefaults) {
  const auto planned = good_plan(
      small_sweep("axes: {network.depth: [4, 8]}\n"
                  "exclude: [{network.resolution: 28, network.depth: 4, sharing.mapping: none}]\n"));
  EXPECT_EQ(job_names(planned), Names{"convmixer-64-8-4-3.s0"});
}

TEST(Expansion, ExcludeOfAnAugmentationsFieldLeavesCellsWithoutTheAugmentation) {
  const auto planned = good_plan(
      small_sweep("axes: {training.randaugment: [none, {layers: 2}, {layers: 2, increasing: true}]}\n"
                  "exclude: [{training.randaugment.increasing: false}]\n"));
  EXPECT_EQ(planned.cells.size(), 2U);
  EXPECT_EQ(planned.left_out_by_exclude, 1);
}

TEST(Expansion, ExcludedCellsNeedNotBePossible) {
  const auto planned =
      good_plan(small_sweep("fusion: {strategy: mean, init: random}\n"
                            "axes: {sharing.rate: [1, 2]}\n"
                            "exclude: [{sharing.rate: 1}]\n"));
  EXPECT_EQ(planned.cells.size(), 1U);
}

TEST(Expansion, LimitsLeaveOutCellsAndSayHowMany) {
  // 42,314 parameters unshared, 25,930 at rate 2, 17,738 at rate 4.
  const std::string axes = "axes: {sharing.rate: [1, 2, 4]}\n";
  const auto planned = good_plan(small_sweep(axes + "limits: {params: 25.93e+3}\n"));
  EXPECT_EQ(planned.cells.size(), 2U);
  EXPECT_EQ(planned.left_out_by_limits, 1);
  EXPECT_EQ(planned.left_out_by_exclude, 0);
  EXPECT_EQ(good_plan(small_sweep(axes + "limits: {flops: 1.0e+6}\n")).left_out_by_limits, 3);
}

TEST(Expansion, LimitsDoNotConcernBaselines) {
  const auto planned =
      good_plan(small_sweep("axes: {sharing.rate: [2, 4]}\n"
                            "limits: {params: 20000}\n"
                            "baselines: {unshared: true}\n"));
  EXPECT_EQ(job_names(planned), (Names{"convmixer-64-8-4-3.s0", "convmixer-64-8-4-3.sequential-4.s0"}));
}

TEST(Expansion, UnsharedBaselinesStandOnceBeforeTheirCells) {
  const auto planned =
      good_plan(small_sweep("axes: {network.depth: [8, 4], sharing.rate: [2, 4]}\n"
                            "baselines: {unshared: true}\n"));
  EXPECT_EQ(job_names(planned),
            (Names{"convmixer-64-8-4-3.s0", "convmixer-64-8-4-3.sequential-2.s0",
                   "convmixer-64-8-4-3.sequential-4.s0", "convmixer-64-4-4-3.s0",
                   "convmixer-64-4-4-3.sequential-2.s0", "convmixer-64-4-4-3.sequential-4.s0"}));
  std::vector<int> compared_with;
  for (const auto& cell : planned.cells) compared_with.push_back(cell.unshared_cell);
  EXPECT_EQ(compared_with, (std::vector<int>{-1, 0, 0, -1, 3, 3}));
}

TEST(Expansion, FindsTheUnsharedCellWhereverItStands) {
  const auto planned = good_plan(small_sweep("axes: {sharing.rate: [2, 1]}\n"));
  ASSERT_EQ(planned.cells.size(), 2U);
  EXPECT_EQ(planned.cells[0].unshared_cell, 1);
  EXPECT_EQ(good_plan(small_sweep("sharing.rate: 2\n")).cells.at(0).unshared_cell, -1);
  const auto repeated =
      good_plan(small_sweep("cells: [{sharing.rate: 4}, {sharing.rate: 2}, {sharing.rate: 4}, {sharing.rate: "
                            "1}, {sharing.rate: 2}]\n"));
  ASSERT_EQ(repeated.cells.size(), 3U);
  EXPECT_EQ(repeated.cells[0].unshared_cell, 2);
  EXPECT_EQ(repeated.cells[1].unshared_cell, 2);
}

TEST(Expansion, CellsThatTrainTheSameAreOne) {
  const auto planned =
      good_plan(small_sweep("axes: {sharing.mapping: [none, sequential, strided], sharing.rate: [1, 2]}\n"
                            "seeds: [3, 1]\n"));
  EXPECT_EQ(job_names(planned),
            (Names{"convmixer-64-8-4-3.s3", "convmixer-64-8-4-3.s1", "convmixer-64-8-4-3.sequential-2.s3",
                   "convmixer-64-8-4-3.sequential-2.s1", "convmixer-64-8-4-3.strided-2.s3",
                   "convmixer-64-8-4-3.strided-2.s1"}));
}

TEST(Expansion, SaysWhatElseSetsCellsApart) {
  const auto planned =
      good_plan(small_sweep("axes: {training.lr: [0.1, 0.01], network.activation: [gelu, relu]}\n"));
  ASSERT_EQ(planned.cells.size(), 4U);
  EXPECT_EQ(planned.cells[1].settings, "lr=0.1 activation=relu");
  EXPECT_EQ(planned.name_of(planned.jobs[1]), "convmixer-64-8-4-3.lr-0.1-activation-relu.s0");
  EXPECT_EQ(good_plan(small_sweep("axes: {training.lr: [0.1]}\n")).cells.at(0).settings, "");
}

TEST(Expansion, NamesAreUniqueWhereLabelsAreNot) {
  const auto planned = good_plan(
      small_sweep("axes: {sharing.layers: [[0, 0, 1, 1, 2, 2, 3, 3], [0, 0, 0, 0, 1, 1, 1, 1]]}\n"));
  ASSERT_EQ(planned.jobs.size(), 2U);
  EXPECT_EQ(planned.name_of(planned.jobs[0]), "convmixer-64-8-4-3.layers.s0");
  EXPECT_EQ(planned.name_of(planned.jobs[1]),
            "convmixer-64-8-4-3.layers." + planned.jobs[1].id.short_hex() + ".s0");
}

TEST(Expansion, ScalingBaselinesFollowTheirSharedCellAndSayHowNearTheyCome) {
  const auto planned =
      good_plan(small_sweep("axes: {sharing.rate: [2, 4]}\nbaselines: {scaling: [depth, channels]}\n"));
  EXPECT_EQ(job_names(planned), (Names{"convmixer-64-8-4-3.sequential-2.s0", "convmixer-64-4-4-3-r40.s0",
                                       "convmixer-48-8-4-3-r40.s0", "convmixer-64-8-4-3.sequential-4.s0",
                                       "convmixer-64-2-4-3-r56.s0", "convmixer-32-8-4-3-r56.s0"}));
  EXPECT_EQ(planned.cells[0].baseline, nullptr);
  const auto& baseline = planned.cells[1].baseline;
  ASSERT_NE(baseline, nullptr);
  EXPECT_EQ(baseline->by, Scaling::depth);
  EXPECT_EQ(baseline->of, "64/8/4/3 sequential 2");
  EXPECT_DOUBLE_EQ(baseline->params_ratio * static_cast<double>(planned.cells[0].cost.params),
                   static_cast<double>(planned.cells[1].cost.params));
  EXPECT_DOUBLE_EQ(baseline->flops_ratio * static_cast<double>(planned.cells[0].cost.flops),
                   static_cast<double>(planned.cells[1].cost.flops));
}

TEST(Expansion, ScalingBaselinesStandOnceForAllThatTheyServe) {
  const auto planned =
      good_plan(small_sweep("axes: {sharing.mapping: [sequential, strided, pyramid]}\nsharing.rate: 2\n"
                            "baselines: {scaling: [depth], match: closest}\n"));
  EXPECT_EQ(planned.cells.size(), 4U);
}

TEST(Expansion, AnyNetworkIsPlannedWhetherItIsTrainedOrNot) {
  const auto planned = good_plan(small_sweep(
      "cells:\n"
      "  - {network.family: convnext, sharing.rate: 2}\n"
      "  - {network.family: deit, network.channels: 128, sharing.rate: 4, transform: {kind: affine, group: "
      "8}}\n"
      "  - {sharing.mapping: random, sharing.rate: 2, sharing.seed: 5}\n"
      "  - {sharing.mapping: pyramid, sharing.rate: 2, fusion.strategy: pointwise_convolution}\n"));
  std::vector<std::string> shown;
  for (const auto& cell : planned.cells) shown.push_back(cell.network + ", " + cell.sharing);
  EXPECT_EQ(shown,
            (std::vector<std::string>{"64/8, sequential 2", "128/8, sequential 4",
                                      "64/8/4/3, random 2 seed 5", "64/8/4/3, none", "64/8/4/3, pyramid 2"}));
}

TEST(Expansion, TakesNameDescriptionPriorityAndAttempts) {
  const auto planned =
      good_plan(small_sweep("description: |\n  two\n  lines\npriority: -3\nmax_attempts: 5\n"));
  EXPECT_EQ(planned.name, "small");
  EXPECT_EQ(planned.description, "two\nlines\n");
  EXPECT_EQ(planned.priority, -3);
  EXPECT_EQ(planned.max_attempts, 5);
}

TEST(Expansion, DottedPathsWorkInEveryMapOfSettings) {
  const auto nested = good_plan(
      small_sweep("network.activation: relu\naxes.sharing.rate: [2, 4]\nbaselines.unshared: true\n"));
  const auto flat = good_plan(
      "version: 1\nname: small\ndataset.name: fashion-mnist\nnetwork.channels: 64\nnetwork.depth: 8\n"
      "network: {patch: 4, kernel: 3, activation: relu}\ntraining.epochs: 3\n"
      "axes: {sharing: {rate: [2, 4]}}\nbaselines: {unshared: true}\n");
  ASSERT_EQ(nested.jobs.size(), 3U);
  ASSERT_EQ(flat.jobs.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(nested.jobs[i].id, flat.jobs[i].id);
}

TEST(Expansion, AliasesAndMergeKeysWork) {
  const auto planned = good_plan(
      "version: 1\nname: small\ndataset: fashion-mnist\n"
      "network: &net {channels: 64, depth: 8, patch: 4, kernel: 3}\n"
      "training: {epochs: 3}\n"
      "cells:\n"
      "  - network: *net\n"
      "  - network: {<<: *net, depth: 4}\n");
  EXPECT_EQ(job_names(planned), (Names{"convmixer-64-8-4-3.s0", "convmixer-64-4-4-3.s0"}));
}

}  // namespace
}  // namespace spin
