#include <fstream>
#include <set>

#include <nlohmann/json.hpp>

#include "schema/base/sha256.h"
#include "tests/schema/sweep/sweep_text.h"
#include "tests/support/places.h"

namespace spin {
namespace {

using Names = std::vector<std::string>;

TEST(Identity, IsTheHashOfTheVersionedCanonicalJson) {
  const auto planned =
      good_plan(small_sweep("axes: {sharing.rate: [1, 2, 3], training.lr: [0.1, 1.0e-7]}\nseeds: [0, 5]\n"
                            "fusion: {init: random}\nsharing: {components: [bias, pointwise]}\n"));
  ASSERT_EQ(planned.jobs.size(), 12U);
  for (const auto& job : planned.jobs) {
    EXPECT_EQ(job.id.digest, sha256("spin-job-v3\n" + config_to_json(train_of(job)).dump()));
    EXPECT_EQ(job.id, job_id(job.task));
  }
}

TEST(Identity, NeverChangesFromOneVersionToTheNext) {
  // Databases hold these. Where a change of the format is meant, the version in the hash is raised with it.
  EXPECT_EQ(
      config_to_json(train_of(good_plan(small_sweep()).jobs.at(0))).dump(),
      R"({"dataset":{"channels":1,"classes":10,"eval_limit":0,"name":"fashion-mnist","resolution":28,)"
      R"("train_limit":0},"fusion":{"strategy":"none"},"init_from":null,"network":{"activation":"gelu",)"
      R"("channels":64,"depth":8,"dropout":0.0,"family":"convmixer","kernel":3,"patch":4,)"
      R"("pointwise_residual":false,"resolution":28},"seed":0,"sharing":{"components":[],)"
      R"("layers":[0,1,2,3,4,5,6,7]},"task":"train","training":{"batch_size":128,"clip_grad_norm":1.0,"cutmix":0.0,"epochs":3,)"
      R"("label_noise":0.0,"label_smoothing":0.1,"lr":0.01,"mixup":0.0,"optimizer":"adamw","precision":"fp32",)"
      R"("randaugment":null,"random_erasing":0.0,"schedule":"one_cycle","warmup_epochs":0.0,)"
      R"("weight_decay":2e-05},"transform":{"kind":"none"},"version":3})");
  EXPECT_EQ(only_id(small_sweep()).hex(), "73ceace5503c5ad4a836b29fcbd8045f046099c5e35ab62d0b1fc6616c7ea005");
}

/// identities.txt: a hash, then the cell that has it. Databases hold such hashes: lines are added, never
/// changed.
TEST(Identity, IsThatOfTheGoldenFile) {
  std::ifstream file(source_file("tests/schema/sweep/identities.txt"));
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    const auto space = line.find(' ');
    const auto planned = good_plan(small_sweep("cells: [" + line.substr(space + 1) + "]\n"));
    ASSERT_FALSE(planned.jobs.empty()) << line;
    EXPECT_EQ(planned.jobs.back().id.hex(), line.substr(0, space)) << line;
  }
  EXPECT_GE(lines, 40);
}

TEST(Identity, BiasesAloneAreFusedWithoutCoefficients) {
  const std::string biases = "sharing: {rate: 2, components: [bias]}\nfusion: {init: random, strategy: ";
  const auto mean = only_id(small_sweep(biases + "mean}\n"));
  EXPECT_EQ(only_id(small_sweep(biases + "channel_weighted_mean}\ntransform: {kind: affine}\n")), mean);
  EXPECT_NE(only_id(small_sweep(biases + "choose_first}\n")), mean);
}

TEST(Identity, SpellingsOfOneNetworkAreOneJob) {
  const auto sequential = only_id(small_sweep("sharing: {mapping: sequential, rate: 2}\n"));
  for (const char* spelling : {"sharing: {rate: 2}\n", "sharing: {groups: '4x2'}\n",
                               "sharing.groups: 1x2 3x2\n", "sharing: {layers: [9, 9, 4, 4, 0, 0, 7, 7]}\n",
                               "sharing:\n  mapping: sequential\n  rate: 2\n  components: [pointwise]\n",
                               "sharing: {mapping: sequential, rate: 2}\ndescription: other\npriority: 9\n",
                               "sharing: {mapping: sequential, rate: 2}\nnetwork.resolution: 28\n",
                               "sharing: {mapping: sequential, rate: 2, seed: 4}\n",
                               "sharing: {mapping: sequential, rate: 2}\nnetwork.heads: 3\n",
                               "sharing: {mapping: sequential, rate: 2}\ntraining.lr: 1.0e-2\n"})
    EXPECT_EQ(only_id(small_sweep(spelling)), sequential) << spelling;
}

TEST(Identity, WhatSharesNothingIsTheUnsharedNetwork) {
  const auto unshared = only_id(small_sweep());
  for (const char* spelling :
       {"sharing: {mapping: none, rate: 4}\n", "sharing: {mapping: strided, rate: 1}\n",
        "sharing: {groups: 8x1}\n", "sharing: {layers: [0, 1, 2, 3, 4, 5, 6, 7]}\n",
        "sharing: {mapping: sequential, rate: 2, components: []}\n", "pretrain: {epochs: 9}\n",
        "transform: {kind: affine, group: 16}\n",
        "sharing: {mapping: pyramid, rate: 1}\ntransform: {kind: affine, group: 64}\n",
        "training.momentum: 0.5\ntraining.crop_padding: 9\n", "training.random_erasing_mode: pixel\n",
        "training.base_momentum: 0.1\ntraining.max_momentum: 0.2\n", "training.eps: 1.0e-8\n"})
    EXPECT_EQ(only_id(small_sweep(spelling)), unshared) << spelling;
}

TEST(Identity, EverySettingMakesAnotherJob) {
  const Names settings = {"dataset: mnist",
                          "dataset: {name: fashion-mnist, train_limit: 10000}",
                          "dataset: {name: fashion-mnist, eval_limit: 10}",
                          "dataset: {name: imagefolder, root: /data/pets, classes: 37}",
                          "dataset: {name: imagefolder, root: /data/birds, classes: 37}",
                          "dataset: {name: imagefolder, root: /data/pets, classes: 37, id: pets}",
                          "network.channels: 32",
                          "network.depth: 4",
                          "network.patch: 7",
                          "network.kernel: 5",
                          "network.activation: relu",
                          "network.pointwise_residual: true",
                          "network.family: convnext",
                          "{network.family: convnext, network.layer_scale: 0.1}",
                          "{network.family: convnext, network.mlp_ratio: 2}",
                          "network.family: deit",
                          "{network.family: deit, network.heads: 4}",
                          "network.resolution: 56",
                          "network.dropout: 0.1",
                          "sharing: {mapping: pyramid, rate: 2}",
                          "sharing: {mapping: random, rate: 2}",
                          "sharing: {mapping: random, rate: 2, seed: 1}",
                          "sharing: {mapping: sequential, rate: 2, distribution: front}",
                          "{sharing: {rate: 2}, transform: {kind: affine, group: 1}}",
                          "{sharing: {rate: 2}, transform: {kind: affine, group: 2}}",
                          "sharing: {mapping: sequential, rate: 2}",
                          "sharing: {mapping: strided, rate: 2}",
                          "sharing: {mapping: sequential, rate: 4}",
                          "sharing: {mapping: sequential, rate: 2, components: [depthwise]}",
                          "{sharing: {rate: 2}, fusion: {strategy: mean, init: random}}",
                          "{sharing: {rate: 2}, fusion: {strategy: choose_first, init: random}}",
                          "training.epochs: 4",
                          "training.batch_size: 64",
                          "training.lr: 0.02",
                          "training.weight_decay: 0",
                          "training.schedule: cosine",
                          "training.warmup_epochs: 1",
                          "training.clip_grad_norm: 0",
                          "training.label_smoothing: 0",
                          "training.optimizer: sgd",
                          "{training.optimizer: sgd, training.momentum: 0.8}",
                          "training.mixup: 0.5",
                          "training.cutmix: 0.5",
                          "training.random_erasing: 0.25",
                          "training.randaugment: {layers: 2, magnitude: 9}",
                          "training.label_noise: 0.2",
                          "training.precision: bf16",
                          "training.accumulation: 2",
                          "training.ema: 0.99",
                          "training.evaluate_every: 2",
                          "training.keep: best",
                          "training.crop: padded",
                          "{training.crop: padded, training.crop_padding: 2}",
                          "training.crop: random_resized",
                          "{training.crop: random_resized, training.crop_scale: 0.5}",
                          "training.flip: 0.5",
                          "training.schedule: one_cycle_linear",
                          "training.eps: 1.0e-3",
                          "training.pct_start: 0.3",
                          "training.cycle_momentum: true",
                          "{training.cycle_momentum: true, training.base_momentum: 0.8}",
                          "{training.cycle_momentum: true, training.max_momentum: 0.9}",
                          "{training.random_erasing: 0.25, training.random_erasing_mode: pixel}",
                          "training.randaugment: {magnitude_std: 0.5}",
                          "training.randaugment: {increasing: true}",
                          "{network.family: deit, training.stochastic_depth: 0.1}",
                          "training.repeated_augmentation: 3"};
  std::set<std::string> ids = {only_id(small_sweep()).hex()};
  for (const auto& setting : settings) {
    const auto cell = setting.front() == '{' ? setting : "{" + setting + "}";
    EXPECT_TRUE(ids.insert(only_id(small_sweep("cells: [" + cell + "]\n")).hex()).second) << setting;
  }
  EXPECT_TRUE(ids.insert(only_id(small_sweep("seeds: [1]\n")).hex()).second);
}

TEST(Identity, WhereTheDataLieIsNoPartOfIt) {
  EXPECT_EQ(only_id(small_sweep("dataset.root: /data\n")), only_id(small_sweep()));
  const auto id_of = [](const std::string& dataset) {
    return good_plan("version: 1\nname: pets\ndataset: {name: imagefolder, classes: 37, " + dataset +
                     "}\nnetwork: {channels: 64, depth: 8, patch: 4, kernel: 3}\n")
        .jobs.at(0)
        .id;
  };
  const auto pets = id_of("root: /data/pets, id: pets");
  EXPECT_EQ(id_of("root: /elsewhere, id: pets"), pets);
  EXPECT_EQ(id_of("id: pets"), pets);
  EXPECT_NE(id_of("root: /data/pets"), pets);
  EXPECT_EQ(id_of("root: /data/pets/"), id_of("root: /elsewhere, id: /data/pets"));
}

TEST(Identity, CoversThePretraining) {
  const std::string fused = "sharing: {rate: 2}\nfusion: {strategy: mean}\n";
  const auto three = good_plan(small_sweep(fused));
  const auto nine = good_plan(small_sweep(fused + "pretrain: {epochs: 9}\n"));
  ASSERT_EQ(three.jobs.size(), 2U);
  ASSERT_EQ(nine.jobs.size(), 2U);
  EXPECT_EQ(train_of(three.jobs[1]).training, train_of(nine.jobs[1]).training);
  EXPECT_NE(three.jobs[1].id, nine.jobs[1].id);
}

}  // namespace
}  // namespace spin
