#include "tests/schema/sweep/sweep_text.h"

namespace spin {
namespace {

/// What a sweep is refused with that has `more` from line 6 on.
std::string refusal(const std::string& more, ErrorCode code = ErrorCode::invalid_argument) {
  const auto error = bad_plan(small_sweep(more));
  EXPECT_EQ(error.code, code) << error.message;
  return error.message;
}

TEST(SweepErrors, UnknownKeysWithTheNearestOne) {
  EXPECT_EQ(refusal("\npriorty: 3\n"), "s.yaml:7: priorty: is no key of a sweep; did you mean priority?");
  EXPECT_EQ(refusal("sharing:\n  mapping: strided\n  rat: 2\n"),
            "s.yaml:8: sharing.rat: is no key of a sweep; did you mean sharing.rate?");
  EXPECT_EQ(refusal("axes: {trainig.lr: [1]}\n"),
            "s.yaml:6: axes.trainig.lr: is no key of a sweep; did you mean axes.training.lr?");
  EXPECT_EQ(refusal("cells:\n- {netwrk.depth: 3}\n"),
            "s.yaml:7: netwrk.depth: is no key of a sweep; did you mean network.depth?");
  EXPECT_EQ(refusal("transform: {something: 3}\n"),
            "s.yaml:6: transform.something: is no key of a sweep; transform holds kind, group");
  EXPECT_NE(refusal("quite_different: 3\n").find("the keys are version, name, description, dataset, network"),
            std::string::npos);
}

TEST(SweepErrors, WrongTypes) {
  EXPECT_EQ(refusal("priority: high\n"),
            "s.yaml:6: priority: 'high' stands here; a whole number is expected");
  EXPECT_EQ(refusal("network.heads: 2.5\n"),
            "s.yaml:6: network.heads: '2.5' stands here; a whole number is expected");
  EXPECT_EQ(refusal("network.heads: '2'\n"),
            "s.yaml:6: network.heads: '2' in quotes stands here; a whole number is expected");
  EXPECT_EQ(refusal("network.heads: 5000000000\n"),
            "s.yaml:6: network.heads: '5000000000' stands here; a whole number below 2^31 is expected");
  EXPECT_EQ(refusal("training.lr: .inf\n"),
            "s.yaml:6: training.lr: '.inf' stands here; a number is expected");
  EXPECT_EQ(refusal("training.lr: [1]\n"), "s.yaml:6: training.lr: a list stands here; a number is expected");
  EXPECT_EQ(refusal("network.pointwise_residual: yes\n"),
            "s.yaml:6: network.pointwise_residual: 'yes' stands here; true or false is expected");
  EXPECT_EQ(refusal("network.activation: tanh\n"),
            "s.yaml:6: network.activation: 'tanh' stands here; gelu | relu is expected");
  EXPECT_EQ(refusal("sharing: sequential\n"),
            "s.yaml:6: sharing: 'sequential' stands here; a map with mapping, distribution, rate, seed, "
            "groups, layers, "
            "components is expected");
  EXPECT_EQ(refusal("sharing.layers: 4x2\n"),
            "s.yaml:6: sharing.layers: '4x2' stands here; a list is expected");
  EXPECT_EQ(refusal("seeds: 3\n"),
            "s.yaml:6: seeds: '3' stands here; a list, such as [0, 1, 2], is expected");
}

TEST(SweepErrors, ANetworkThatCannotBeNormalisedHasItsLine) {
  EXPECT_EQ(refusal("cells: [{network.patch: 28, training.batch_size: 1}]\n").substr(0, 69),
            "s.yaml:6: training.batch_size: BatchNorm sees 1 value of each channel");
}

TEST(SweepErrors, ValuesOutOfRange) {
  EXPECT_EQ(refusal("network.dropout: 1.5\n"),
            "s.yaml:6: network.dropout: 1.5 is out of range; a number from 0 to below 1 is accepted");
  EXPECT_EQ(refusal("max_attempts: 0\n"),
            "s.yaml:6: max_attempts: 0 is out of range; a whole number from 1 to 1000 is accepted");
  EXPECT_EQ(refusal("limits: {params: -1}\n"),
            "s.yaml:6: limits.params: '-1' is out of range; a number above 0 is accepted");
  EXPECT_EQ(refusal("seeds: [1, -2]\n"), "s.yaml:6: seeds: -2 is negative; seeds are 0 or above");
  EXPECT_EQ(refusal("seeds: [1, 2, 1]\n"), "s.yaml:6: seeds: 1 stands twice; give each seed once");
  EXPECT_EQ(refusal("seeds: []\n"),
            "s.yaml:6: seeds: the list is empty; give at least one seed, such as [0]");
  EXPECT_NE(
      refusal("cells: [{network.depth: 2000000000}]\n").find("network.depth: 2000000000 is out of range"),
      std::string::npos);
}

TEST(SweepErrors, ImpossibleCombinationsNameLineAndCell) {
  EXPECT_EQ(refusal("sharing: {mapping: sequential, rate: 9}\n"),
            "s.yaml:6: sharing.rate: 9 is above the depth; a network of 8 layers takes a rate from 1 to 8");
  EXPECT_EQ(
      refusal("sharing: {mapping: strided}\naxes:\n  network.depth: [8, 4]\n  sharing.rate:\n  - 2\n  - 6\n"),
      "s.yaml:11: sharing.rate: 6 is above the depth; a network of 4 layers takes a rate from 1 to 4 (cell "
      "network.depth: 4, sharing.rate: 6)");
  EXPECT_NE(refusal("fusion: {strategy: mean}\n")
                .find("s.yaml:6: fusion.strategy: mean fuses the weights of layers"),
            std::string::npos);
  EXPECT_NE(refusal("sharing.rate: 2\ntransform: {kind: affine, group: 48}\n")
                .find("s.yaml:7: transform.group: 48 does not divide the 64 channels"),
            std::string::npos);
  EXPECT_EQ(bad_plan("version: 1\nname: a\ndataset: mnist\nnetwork:\n  channels: 8\n  depth: 4\n  patch: "
                     "30\n  kernel: 3\n")
                .message,
            "s.yaml:7: network.patch: 30 pixels are larger than the image of 28; give at most 28");
  EXPECT_NE(refusal("sharing: {groups: 3x2}\n").find("s.yaml:6: sharing.groups: '3x2' covers only 6 layers"),
            std::string::npos);
  EXPECT_EQ(refusal("sharing: {groups: 4x2, rate: 2}\n"),
            "s.yaml:6: sharing.groups: stands beside sharing.rate, and each says by itself which layers "
            "share; give one");
  EXPECT_EQ(refusal("sharing: {layers: [0, 0, 1, 1, 2, 2, 3, 3], seed: 2}\n"),
            "s.yaml:6: sharing.layers: stands beside sharing.seed, and each says by itself which layers "
            "share; give one");
}

TEST(SweepErrors, EachFamilyHasItsOwnImpossibilities) {
  const auto holds = [](const std::string& more, const std::string& text) {
    const auto message = refusal(more);
    EXPECT_NE(message.find(text), std::string::npos) << message;
  };
  holds("cells: [{network.family: deit, network.channels: 48}]\n",
        "network.heads: is missing; it is channels / 64 by default, and 48 channels are too few for one; "
        "give a "
        "divisor of the channels");
  holds("cells: [{network.family: deit, network.heads: 5}]\n",
        "network.heads: 5 heads do not divide the 64 channels; give a divisor of the channels");
  holds("cells: [{network.family: deit, network.mlp_ratio: 0.3}]\n",
        "network.mlp_ratio: 0.3 times 64 channels is not a whole number");
  holds("cells: [{network.family: convnext, sharing.rate: 2, sharing.components: [bias]}]\n",
        "sharing.components: bias is no part of a convnext; it has pointwise | depthwise | norm");
  holds("cells: [{network.family: deit, sharing.rate: 2, sharing.components: [pointwise]}]\n",
        "sharing.components: pointwise is no part of a deit; it has norm | attention | mlp");
  holds(
      "cells: [{network.family: deit, sharing.rate: 2, network.mlp_ratio: 0.5, transform: {kind: affine, "
      "group: 64}}]\n",
      "transform.group: 64 does not divide the 32 output channels of expand; give a divisor of all widths");
  holds("cells: [{network.family: mlp_mixer, network.token_ratio: 0.3}]\n",
        "network.token_ratio: 0.3 times 64 channels is not a whole number");
  holds("cells: [{network.kernel: 4}]\n", "network.kernel: 4 is even; give an odd number from 1 to 63");
  holds(
      "cells: [{network.family: deit, network.patch: 1, network.resolution: 4096, network.channels: "
      "16384}]\n",
      "FLOPs for one image, and at most 1e+18 are counted; give a smaller resolution, width or depth");
  holds("sharing: {mapping: cyclic, rate: 2}\n",
        "sharing.mapping: 'cyclic' stands here; none | sequential | strided | pyramid | random is expected");
  holds("sharing: {mapping: sequential, rate: 2, distribution: centre}\n",
        "sharing.distribution: 'centre' stands here; uniform | front | middle | back is expected");
  holds("sharing.rate: 2\nfusion: {strategy: sum}\n",
        "fusion.strategy: 'sum' stands here; none | choose_first | mean | scalar_weighted_mean | "
        "channel_weighted_mean | pointwise_convolution is expected");
}

TEST(SweepErrors, ABaselineThatCannotBeIsNoFaultOfTheNetwork) {
  EXPECT_EQ(refusal("network.resolution: 2048\nsharing.rate: 8\nbaselines:\n  unshared: false\n"
                    "  scaling: [depth]\n"),
            "s.yaml:10: baselines.scaling: the depth baseline of 64/8/4/3@2048 sequential 8 cannot be: "
            "network.resolution: 5796 is out of range; a whole number from 1 to 4096 is accepted");
}

TEST(SweepErrors, RecipesThatCannotBe) {
  EXPECT_EQ(
      refusal("training.accumulation: 3\n"),
      "s.yaml:6: training.accumulation: 3 passes do not divide the batch of 128 images; give a divisor of "
      "training.batch_size");
  EXPECT_EQ(refusal("training.ema: 1\n"),
            "s.yaml:6: training.ema: 1 is out of range; a number from 0 to below 1 is accepted");
  EXPECT_EQ(refusal("training.crop: centre\n"),
            "s.yaml:6: training.crop: 'centre' stands here; none | padded | random_resized is expected");
  EXPECT_EQ(refusal("training.flip: 2\n"),
            "s.yaml:6: training.flip: 2 is out of range; a number from 0 to 1 is accepted");
}

TEST(SweepErrors, MissingSettings) {
  EXPECT_EQ(bad_plan("version: 1\nname: a\nnetwork: {channels: 8, depth: 4, patch: 4, kernel: 3}\n").message,
            "s.yaml:1: dataset: is missing; give one, such as dataset: fashion-mnist");
  EXPECT_EQ(
      bad_plan("version: 1\nname: a\ndataset: mnist\nnetwork: {channels: 8, depth: 4, patch: 4}\n").message,
      "s.yaml:4: network.kernel: is missing; a convmixer needs the side of its kernels");
  EXPECT_EQ(refusal("sharing: {mapping: strided}\n"),
            "s.yaml:6: sharing.rate: is missing; give the number of layers per group");
  EXPECT_EQ(bad_plan("name: a\n").message, "s.yaml:1: version: is missing; write version: 1");
  EXPECT_EQ(bad_plan("version: 2\nname: a\n").message, "s.yaml:1: version: '2' stands here; 1 is expected");
  EXPECT_EQ(bad_plan("version: 1\n").message,
            "s.yaml:1: name: is missing; name the sweep, such as name: my-sweep");
}

TEST(SweepErrors, NamesAndDataSets) {
  const auto named = [](const std::string& name) {
    return bad_plan("version: 1\nname: " + name + "\ndataset: mnist\n").message;
  };
  for (const char* name : {"'a b'", "a/b", "\"\"", "größe", "\"a\\0b\""})
    EXPECT_EQ(named(name).substr(0, 15), "s.yaml:2: name:") << name;
  EXPECT_EQ(named("a/b"), "s.yaml:2: name: 'a/b' is no name; 1 to 128 letters, digits, - _ . are accepted");
  EXPECT_EQ(bad_plan(small_sweep(), {"dataset=fashion"}).message,
            "--set dataset=fashion: dataset.name: 'fashion' is none of fashion-mnist | mnist | cifar10 | "
            "cifar100 | "
            "imagenet | imagefolder | synthetic");
}

TEST(SweepErrors, AxesZipCellsAndExclude) {
  EXPECT_EQ(refusal("axes: {sharing.rate: 2}\n"),
            "s.yaml:6: axes.sharing.rate: '2' stands here; a list of the values to walk is expected");
  EXPECT_EQ(refusal("axes: {sharing.rate: []}\n"),
            "s.yaml:6: axes.sharing.rate: the list is empty; give at least one value");
  EXPECT_EQ(refusal("axes:\n  sharing.rate:\n  - 2\n  - two\n"),
            "s.yaml:9: sharing.rate: 'two' stands here; a whole number is expected");
  EXPECT_EQ(refusal("zip: [{network.depth: [8, 4], network.channels: [16]}]\n"),
            "s.yaml:6: zip: network.channels has 1 values, but network.depth has 2; lists of one entry have "
            "one length");
  EXPECT_EQ(refusal("zip: {network.depth: [8, 4]}\n"),
            "s.yaml:6: zip: a map stands here; a list of maps of lists is expected");
  EXPECT_EQ(refusal("cells: [3]\n"), "s.yaml:6: cells: '3' stands here; a map of settings is expected");
  EXPECT_EQ(refusal("exclude: {sharing.rate: 2}\n"),
            "s.yaml:6: exclude: a map stands here; a list of maps of settings is expected");
  EXPECT_EQ(refusal("axes: {network.depth: [8]}\nzip: [{network.depth: [8, 4]}]\n"),
            "s.yaml:7: network.depth: stands in two axes; walk it in one");
  EXPECT_EQ(refusal("axes: {network.depth: [8]}\ncells: [{network.depth: 4}]\n"),
            "s.yaml:7: network.depth: stands in cells and in an axis; give it in one of the two");
  EXPECT_EQ(refusal("training.epochs: 5\n"),
            "s.yaml:6: training.epochs: stands twice, also on line 5; give it once");
}

TEST(SweepErrors, NamesThatCommandsWouldTakeForSomethingElse) {
  const auto named = [](const std::string& name) {
    return bad_plan("version: 1\nname: " + name +
                    "\ndataset: mnist\nnetwork: {channels: 8, depth: 2, patch: 7, kernel: 3}\n")
        .message;
  };
  EXPECT_EQ(named("12"),
            "s.yaml:2: name: '12' could be taken for the id of a sweep; give another name, such as run-12");
  EXPECT_EQ(named("deadbeef"),
            "s.yaml:2: name: 'deadbeef' could be taken for the hash of a job; give another name, such as "
            "run-deadbeef");
  EXPECT_EQ(named("\"--wait\""),
            "s.yaml:2: name: '--wait' could be taken for an option; give another name, such as run-wait");
  EXPECT_EQ(named(".."), "s.yaml:2: name: '..' could be taken for a folder; give another name, such as run-");
  EXPECT_EQ(named("a/b"), "s.yaml:2: name: 'a/b' is no name; 1 to 128 letters, digits, - _ . are accepted");
  for (const char* name : {"beef", "deadbeefs", "2026-11-28", "v1.2", "1e5", "_x"})
    EXPECT_EQ(good_plan(small_sweep(), {"name=" + std::string(name)}).name, name);
}

TEST(SweepErrors, AFolderThatIsAnotherOneElsewhere) {
  const auto wanted =
      "; an absolute path is expected, since workers run elsewhere; give one that begins with /";
  EXPECT_EQ(refusal("dataset.root: ./pictures\n"),
            std::string("s.yaml:6: dataset.root: './pictures' is relative") + wanted);
  EXPECT_EQ(
      refusal("dataset.root: ~/pictures\n"),
      std::string("s.yaml:6: dataset.root: '~/pictures' begins with ~, which shells alone replace") + wanted);
}

TEST(SweepErrors, WhatThisVersionDoesNotServe) {
  EXPECT_EQ(refusal("requires: {memory: 20GB}\n"),
            "s.yaml:6: requires.memory: '20GB' stands here; an amount in KiB, MiB or GiB, such as 20GiB, is "
            "expected");
  EXPECT_EQ(refusal("requires: {device: tpu}\n"),
            "s.yaml:6: requires.device: 'tpu' stands here; cpu | cuda is expected");
  EXPECT_EQ(refusal("requires: {labels: a100}\n"),
            "s.yaml:6: requires.labels: 'a100' stands here; a list is expected");
  EXPECT_EQ(refusal("baselines: {scaling: [width]}\n"),
            "s.yaml:6: baselines.scaling: 'width' stands here; depth | channels is expected");
  EXPECT_EQ(refusal("baselines: {match: best}\n"),
            "s.yaml:6: baselines.match: 'best' stands here; paper | closest is expected");
  EXPECT_EQ(refusal("baselines: {scaling: [depth, depth]}\n"),
            "s.yaml:6: baselines.scaling: depth stands twice; give each once");
  EXPECT_NE(
      refusal("sharing: {rate: 2, components: [attention]}\n").find("attention is no part of a convmixer"),
      std::string::npos);
}

}  // namespace
}  // namespace spin
