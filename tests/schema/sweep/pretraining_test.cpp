#include <algorithm>

#include "tests/schema/sweep/sweep_text.h"

namespace spin {
namespace {

using Names = std::vector<std::string>;

const std::string kFused = "sharing: {mapping: sequential, rate: 2}\nfusion: {strategy: mean}\n";

TEST(Pretraining, AddsTheUnsharedNetworkBeforeTheJobThatStartsFromIt) {
  const auto planned = good_plan(small_sweep(kFused));
  EXPECT_EQ(job_names(planned), (Names{"convmixer-64-8-4-3.s0", "convmixer-64-8-4-3.sequential-2.mean.s0"}));
  EXPECT_EQ(planned.jobs[0].id, only_id(small_sweep()));
  EXPECT_TRUE(planned.jobs[0].inputs.empty());
  EXPECT_EQ(planned.jobs[1].inputs, (std::vector<JobInput>{{InputRole::init, planned.jobs[0].id}}));
  EXPECT_EQ(train_of(planned.jobs[1]).init_from, planned.jobs[0].id);
  EXPECT_EQ(planned.cells[1].unshared_cell, 0);
}

TEST(Pretraining, EachSeedStartsFromItsOwn) {
  const auto planned = good_plan(small_sweep(kFused + "seeds: [4, 2]\n"));
  ASSERT_EQ(planned.jobs.size(), 4U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(train_of(planned.jobs[2 + i]).init_from, planned.jobs[i].id);
    EXPECT_EQ(train_of(planned.jobs[2 + i]).seed, train_of(planned.jobs[i]).seed);
  }
}

TEST(Pretraining, IsTheBaselineWhereBothTrainTheSame) {
  const auto planned = good_plan(small_sweep(kFused + "baselines: {unshared: true}\n"
                                                      "axes: {fusion.strategy: [mean, choose_first]}\n"));
  EXPECT_EQ(planned.jobs.size(), 3U);
  EXPECT_EQ(train_of(planned.jobs[2]).init_from, planned.jobs[0].id);
}

TEST(Pretraining, IsTheCellOfTheFileWhereBothTrainTheSame) {
  const auto planned =
      good_plan(small_sweep("axes:\n  sharing.rate: [1, 2]\n  fusion.strategy: [none, mean]\n"
                            "exclude: [{sharing.rate: 1, fusion.strategy: mean}]\n"));
  EXPECT_EQ(job_names(planned), (Names{"convmixer-64-8-4-3.s0", "convmixer-64-8-4-3.sequential-2.s0",
                                       "convmixer-64-8-4-3.sequential-2.mean.s0"}));
}

TEST(Pretraining, MayTrainDifferently) {
  const auto planned =
      good_plan(small_sweep(kFused + "pretrain: {epochs: 9, lr: 0.5}\nbaselines: {unshared: true}\n"));
  ASSERT_EQ(planned.jobs.size(), 3U);
  EXPECT_EQ(train_of(planned.jobs[0]).training.epochs, 3);
  EXPECT_EQ(train_of(planned.jobs[1]).training.epochs, 9);
  EXPECT_EQ(train_of(planned.jobs[1]).training.lr, 0.5);
  EXPECT_EQ(train_of(planned.jobs[1]).training.batch_size, 128);
  EXPECT_EQ(train_of(planned.jobs[2]).training.epochs, 3);
  EXPECT_EQ(train_of(planned.jobs[2]).init_from, planned.jobs[1].id);
  EXPECT_EQ(planned.cells[2].unshared_cell, 0);  // compared with the one that trains as it does
  EXPECT_EQ(planned.cells[0].settings, "epochs=3 lr=0.01");
  EXPECT_EQ(planned.cells[1].settings, "epochs=9 lr=0.5");
}

TEST(Pretraining, IsWhatFusionComparesWithWhereThereIsNothingCloser) {
  const auto planned = good_plan(small_sweep(kFused + "pretrain: {epochs: 9}\n"));
  ASSERT_EQ(planned.cells.size(), 2U);
  EXPECT_EQ(planned.cells[1].unshared_cell, 0);
}

TEST(Pretraining, MayBeAnAxis) {
  const auto planned = good_plan(small_sweep(kFused + "axes: {pretrain.epochs: [5, 9]}\n"));
  ASSERT_EQ(planned.jobs.size(), 4U);
  EXPECT_EQ(train_of(planned.jobs[0]).training.epochs, 5);
  EXPECT_EQ(train_of(planned.jobs[2]).training.epochs, 9);
  EXPECT_EQ(train_of(planned.jobs[3]).init_from, planned.jobs[2].id);
  EXPECT_EQ(planned.cells[3].settings, "pretrain.epochs=9");
}

TEST(Pretraining, IsNotNeededForRandomStarts) {
  const auto planned = good_plan(small_sweep("sharing.rate: 2\nfusion: {strategy: mean, init: random}\n"));
  ASSERT_EQ(planned.jobs.size(), 1U);
  EXPECT_FALSE(train_of(planned.jobs[0]).init_from.has_value());
}

TEST(Pretraining, IsCheckedToo) {
  EXPECT_EQ(bad_plan(small_sweep(kFused + "pretrain: {epochs: 0}\n")).message,
            "s.yaml:8: pretrain.epochs: 0 is out of range; a whole number from 1 to 100000 is accepted");
  EXPECT_EQ(bad_plan(small_sweep(kFused + "pretrain: {mixup: -1}\n")).message,
            "s.yaml:8: pretrain.mixup: -1 is out of range; a number from 0 to 100 is accepted");
}

TEST(Pretraining, DependenciesAlwaysStandBefore) {
  const auto planned =
      good_plan(small_sweep("axes:\n"
                            "  network.depth: [4, 6, 8]\n"
                            "  sharing.rate: [2, 1, 3]\n"
                            "  fusion.strategy: [mean, none, channel_weighted_mean]\n"
                            "exclude: [{sharing.rate: 1, fusion.strategy: mean},\n"
                            "  {sharing.rate: 1, fusion.strategy: channel_weighted_mean}]\n"
                            "seeds: [0, 1]\npretrain: {epochs: 2}\n"));
  std::vector<JobId> seen;
  for (const auto& job : planned.jobs) {
    for (const auto& [role, needed] : job.inputs)
      EXPECT_NE(std::find(seen.begin(), seen.end(), needed), seen.end()) << planned.name_of(job);
    EXPECT_EQ(std::find(seen.begin(), seen.end(), job.id), seen.end())
        << planned.name_of(job) << " stands twice";
    EXPECT_EQ(job.inputs.empty(), !train_of(job).init_from.has_value());
    seen.push_back(job.id);
  }
}

}  // namespace
}  // namespace spin
