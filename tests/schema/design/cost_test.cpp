#include "schema/design/cost.h"

#include <gtest/gtest.h>

#include "tests/schema/design/example_config.h"

namespace spin {
namespace {

TEST(Cost, CountsConvMixer768ExactlyByHand) {
  const auto config = convmixer(768, 32, 14, 3);
  // Patch 3*14*14*768 + 768, its BatchNorm 2*768, 32 blocks of 768*9 + 768 + 2*768 + 768*768 + 768 + 2*768,
  // head 768*1000 + 1000.
  EXPECT_EQ(cost_of(config).params, 20'465'896);
  // 256 positions: patch 451,584 and its BatchNorm 1,536; 32 times 6,912 + 589,824 + 2 * 1,536; head 768,000.
  EXPECT_EQ(cost_of(config).flops, 256LL * (451'584 + 1'536 + 32LL * (6'912 + 589'824 + 3'072)) + 768'000);
  EXPECT_NEAR(static_cast<double>(cost_of(config).flops) / 1e9, 5.0304, 0.00005);
}

TEST(Cost, SharesTheComponentsOfTable9) {
  const auto plain = convmixer(768, 32, 14, 3);
  const auto params = [&](Components components) { return cost_of(shared(plain, 2, components)).params; };
  using enum Component;
  EXPECT_EQ(params({pointwise}), 11'028'712);
  EXPECT_EQ(params({pointwise, depthwise}), 10'918'120);            // printed 10.92 M
  EXPECT_EQ(params({pointwise, depthwise, bias}), 10'893'544);      // printed 10.89 M
  EXPECT_EQ(params({pointwise, depthwise, bias, bn}), 10'844'392);  // printed 10.84 M
}

TEST(Cost, SharingAndFusionChangeNoFlops) {
  const auto plain = convmixer(64, 8, 4, 3, "fashion-mnist");
  auto fused = shared(plain, 4);
  fused.fusion.strategy = FusionStrategy::mean;
  EXPECT_EQ(cost_of(fused).flops, cost_of(plain).flops);
  EXPECT_EQ(cost_of(fused), cost_of(shared(plain, 4)));
}

TEST(Cost, CountsGroupsNotRates) {
  const auto plain = convmixer(64, 7, 4, 3, "fashion-mnist");
  // 7 layers at rate 2 are 4 groups: 3 pointwise weights are saved.
  EXPECT_EQ(cost_of(plain).params - cost_of(shared(plain, 2)).params, 3 * 64 * 64);
}

TEST(Cost, LeavesOutPixelsThatFillNoPatch) {
  auto config = convmixer(64, 8, 5, 3, "fashion-mnist");  // 28 / 5 = 5 patches a side
  const auto at_28 = cost_of(config).flops;
  config.network.resolution = 25;
  EXPECT_EQ(cost_of(config).flops, at_28);
}

Train of_family(Family family, int channels, int depth) {
  auto config = convmixer(channels, depth, 16, family == Family::convnext ? 7 : 0);
  config.network.family = family;
  config.network.heads = family == Family::deit ? channels / 64 : 0;
  return config;
}

TEST(Cost, CountsConvNeXtExactlyByHand) {
  auto config = of_family(Family::convnext, 384, 18);
  // Stem 3*16*16*384 + 384; 18 blocks of 49*384 + 384, LayerNorm 768, 384*1536 + 1536, 1536*384 + 384; last
  // LayerNorm 768; head 384*1000 + 1000.
  EXPECT_EQ(cost_of(config).params, 295'296 + 18LL * (19'200 + 768 + 591'360 + 590'208) + 768 + 385'000);
  // 196 positions.
  EXPECT_EQ(cost_of(config).flops,
            196LL * (294'912 + 18LL * (18'816 + 5 * 384 + 2 * 589'824)) + 5 * 384 + 384'000);
  config.network.layer_scale = 1e-6;
  EXPECT_EQ(cost_of(config).params,
            295'296 + 18LL * (19'200 + 768 + 591'360 + 590'208 + 384) + 768 + 385'000);
}

TEST(Cost, CountsDeiTTinyExactlyByHand) {
  const auto config = of_family(Family::deit, 192, 12);
  // Embedding 768*192 + 192, class token 192, positions 197*192; 12 blocks of two LayerNorms 768, qkv
  // 192*576 + 576, projection 192*192 + 192, MLP 192*768 + 768 + 768*192 + 192; LayerNorm 384; head.
  EXPECT_EQ(cost_of(config).params,
            147'648 + 192 + 37'824 + 12LL * (768 + 111'168 + 37'056 + 148'224 + 147'648) + 384 + 193'000);
  // 197 tokens: products with weights, LayerNorms, and 2 * 197 * 192 for attention.
  EXPECT_EQ(cost_of(config).flops, 196LL * 147'456 +
                                       12LL * 197 * (110'592 + 36'864 + 294'912 + 1'920 + 2 * 197 * 192) +
                                       5 * 192 + 192'000);
}

TEST(Cost, CountsMlpMixersAsPublished) {
  // Tolstikhin et al. (2021) at 224 x 224, patch 16, 1000 classes: S/16, B/16, L/16.
  const auto params = [](int channels, int depth) {
    return static_cast<double>(cost_of(of_family(Family::mlp_mixer, channels, depth)).params) / 1e6;
  };
  EXPECT_NEAR(params(512, 8), 18.53, 0.005);
  EXPECT_NEAR(params(768, 12), 59.88, 0.005);
  EXPECT_NEAR(params(1024, 24), 208.20, 0.005);
}

TEST(Cost, CountsMlpMixerExactlyByHand) {
  const auto config = of_family(Family::mlp_mixer, 512, 8);
  // Embedding 768*512 + 512; 8 blocks of two LayerNorms 1024, 196*256 + 256 + 256*196 + 196 over positions,
  // 512*2048 + 2048 + 2048*512 + 512 over channels; last LayerNorm 1024; head 512*1000 + 1000.
  EXPECT_EQ(cost_of(config).params, 393'728 + 8LL * (2'048 + 100'804 + 2'099'712) + 1'024 + 513'000);
  // 196 positions, 512 channels.
  EXPECT_EQ(cost_of(config).flops,
            196LL * 393'216 + 8LL * (512LL * 2 * 196 * 256 + 196LL * 2 * 512 * 2048 + 2LL * 196 * 5 * 512) +
                196LL * 5 * 512 + 512'000);
}

TEST(Cost, SharesTheComponentsOfEachFamily) {
  using enum Component;
  const auto convnext = of_family(Family::convnext, 384, 18);
  const auto saved = [](const Train& config, Components components) {
    return cost_of(config).params - cost_of(shared(config, 2, components)).params;
  };
  EXPECT_EQ(saved(convnext, {pointwise}), 9 * (591'360 + 590'208));
  EXPECT_EQ(saved(convnext, {depthwise}), 9 * 19'200);
  EXPECT_EQ(saved(convnext, {norm}), 9 * 768);
  const auto deit = of_family(Family::deit, 192, 12);
  EXPECT_EQ(saved(deit, {attention}), 6 * (111'168 + 37'056));
  EXPECT_EQ(saved(deit, {mlp}), 6 * (148'224 + 147'648));
  EXPECT_EQ(saved(deit, {norm}), 6 * 768);
  const auto mixer = of_family(Family::mlp_mixer, 512, 8);
  EXPECT_EQ(saved(mixer, {token_mixing}), 4 * 100'804);
  EXPECT_EQ(saved(mixer, {mlp}), 4 * 2'099'712);
  EXPECT_EQ(saved(mixer, {norm}), 4 * 2'048);
}

TEST(Cost, ATransformCostsCoefficientsAndWorkForLaterLayersOnly) {
  auto config = shared(convmixer(64, 8, 4, 3, "fashion-mnist"), 4);  // 2 groups: 6 layers carry one
  const auto before = cost_of(config);
  config.transform = {TransformKind::affine, 16};
  const auto after = cost_of(config);
  EXPECT_EQ(after.params - before.params, 6 * (64 * 16 + 64));
  EXPECT_EQ(after.flops - before.flops, 6 * 64 * 64 * 16);
}

TEST(Cost, TrainedParametersAreThoseBeforeFolding) {
  auto config = shared(convmixer(64, 8, 4, 3, "fashion-mnist"), 4, {Component::pointwise, Component::bias});
  EXPECT_EQ(trained_params(config), cost_of(config).params);
  const auto unshared = cost_of(convmixer(64, 8, 4, 3, "fashion-mnist")).params;
  const auto trained = [&](FusionStrategy strategy) {
    config.fusion.strategy = strategy;
    return trained_params(config);
  };
  EXPECT_EQ(trained(FusionStrategy::choose_first), unshared);
  EXPECT_EQ(trained(FusionStrategy::mean), unshared);
  EXPECT_EQ(trained(FusionStrategy::scalar_weighted_mean), unshared + 8);
  EXPECT_EQ(trained(FusionStrategy::channel_weighted_mean), unshared + 8 * 64);
  EXPECT_EQ(trained(FusionStrategy::pointwise_convolution), unshared + 8 * 64 * 64);
}

TEST(Cost, NormStatisticsAreOnePerGroupWhereTheyAreShared) {
  const auto plain = convmixer(64, 8, 4, 3, "fashion-mnist");
  EXPECT_EQ(norm_statistics(plain), 2 * 64 * (1 + 2 * 8));
  EXPECT_EQ(norm_statistics(shared(plain, 4, {Component::bn})), 2 * 64 * (1 + 2 * 2));
  EXPECT_EQ(norm_statistics(of_family(Family::deit, 192, 12)), 0);
}

}  // namespace
}  // namespace spin
