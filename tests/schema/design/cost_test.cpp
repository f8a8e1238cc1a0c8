#include "schema/design/cost.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/schema/design/example_config.h"

namespace spin {
namespace {

Cost cost(const JobConfig& config) {
  const auto result = cost_of(config);
  EXPECT_TRUE(result.ok());
  return result.ok() ? *result : Cost{};
}

/// A row of the paper's tables: what it prints, to its printed precision.
struct Row {
  const char* where;
  int channels, depth, patch, kernel, resolution, rate;
  Components components;
  double params_m, params_step;
  double flops_g, flops_step;
};

TEST(Cost, MatchesThePapersTables) {
  const Components pointwise = {Component::pointwise};
  const Row rows[] = {
      {"Table 1 ConvMixer", 768, 32, 14, 3, 224, 1, {}, 20.46, 0.01, 5.03, 0.01},
      {"Table 1 rate 2", 768, 32, 14, 3, 224, 2, pointwise, 11.02, 0.01, 5.03, 0.01},
      {"Table 4 rate 4", 768, 32, 14, 3, 224, 4, pointwise, 6.3, 0.1, 5.03, 0.01},
      {"Table 4 rate 8", 768, 32, 14, 3, 224, 8, pointwise, 3.95, 0.01, 5.03, 0.01},
      {"Table 4 channels, rate 2", 576, 32, 14, 3, 322, 1, {}, 11.8, 0.1, 5.92, 0.01},
      {"Table 4 depth, rate 2", 768, 16, 14, 3, 322, 1, {}, 10.84, 0.01, 5.32, 0.01},
      {"Table 4 channels, rate 4", 384, 32, 14, 3, 448, 1, {}, 5.5, 0.1, 5.23, 0.01},
      {"Table 4 depth, rate 4", 768, 8, 14, 3, 448, 1, {}, 6.04, 0.01, 5.38, 0.01},
      {"Table 4 channels, rate 8", 288, 32, 14, 3, 644, 1, {}, 3.25, 0.01, 6.23, 0.01},
      {"Table 4 depth, rate 8", 768, 4, 14, 3, 644, 1, {}, 3.63, 0.01, 6.04, 0.01},
      {"Table 5 1536/20", 1536, 20, 7, 3, 224, 1, {}, 49.4, 0.1, 48.96, 0.01},
      {"Table 5 1536/20 rate 2", 1536, 20, 7, 3, 224, 2, pointwise, 25.8, 0.1, 48.96, 0.01},
      {"Table 5 1536/20 rate 4", 1536, 20, 7, 3, 224, 4, pointwise, 14, 1, 48.96, 0.01},
      {"Table 5 1536/20 rate 10", 1536, 20, 7, 3, 224, 10, pointwise, 6.9, 0.1, 48.96, 0.01},
      {"Table 5 512/16", 512, 16, 14, 9, 224, 1, {}, 5.7, 0.1, 1.33, 0.01},
      {"Table 5 512/16 rate 2", 512, 16, 14, 9, 224, 2, pointwise, 3.63, 0.01, 1.33, 0.01},
      {"Table 5 512/16 rate 4", 512, 16, 14, 9, 224, 4, pointwise, 2.58, 0.01, 1.33, 0.01},
      {"Table 5 512/16 rate 8", 512, 16, 14, 9, 224, 8, pointwise, 2.05, 0.01, 1.33, 0.01},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.where);
    auto config = convmixer(row.channels, row.depth, row.patch, row.kernel);
    config.network.resolution = row.resolution;
    if (row.rate > 1) config = shared(config, row.rate, row.components);
    const auto [params, flops] = cost(config);
    EXPECT_NEAR(static_cast<double>(params) / 1e6, row.params_m, row.params_step);
    EXPECT_NEAR(static_cast<double>(flops) / 1e9, row.flops_g, row.flops_step);
  }
}

TEST(Cost, CountsConvMixer768ExactlyByHand) {
  const auto config = convmixer(768, 32, 14, 3);
  // Patch 3*14*14*768 + 768, its BatchNorm 2*768, 32 blocks of 768*9 + 768 + 2*768 + 768*768 + 768 + 2*768,
  // head 768*1000 + 1000.
  EXPECT_EQ(cost(config).params, 20'465'896);
  // 256 positions: patch 451,584 and its BatchNorm 1,536; 32 times 6,912 + 589,824 + 2 * 1,536; head 768,000.
  EXPECT_EQ(cost(config).flops, 256LL * (451'584 + 1'536 + 32LL * (6'912 + 589'824 + 3'072)) + 768'000);
  EXPECT_NEAR(static_cast<double>(cost(config).flops) / 1e9, 5.0304, 0.00005);
}

TEST(Cost, SharesTheComponentsOfTable9) {
  const auto plain = convmixer(768, 32, 14, 3);
  const auto params = [&](Components components) { return cost(shared(plain, 2, components)).params; };
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
  EXPECT_EQ(cost(fused).flops, cost(plain).flops);
  EXPECT_EQ(cost(fused), cost(shared(plain, 4)));
}

TEST(Cost, CountsGroupsNotRates) {
  const auto plain = convmixer(64, 7, 4, 3, "fashion-mnist");
  // 7 layers at rate 2 are 4 groups: 3 pointwise weights are saved.
  EXPECT_EQ(cost(plain).params - cost(shared(plain, 2)).params, 3 * 64 * 64);
}

TEST(Cost, LeavesOutPixelsThatFillNoPatch) {
  auto config = convmixer(64, 8, 5, 3, "fashion-mnist");  // 28 / 5 = 5 patches a side
  const auto at_28 = cost(config).flops;
  config.network.resolution = 25;
  EXPECT_EQ(cost(config).flops, at_28);
}

TEST(Cost, RefusesWhatItCannotCount) {
  auto convnext = convmixer(384, 18, 16, 7);
  convnext.network.family = Family::convnext;
  ASSERT_FALSE(cost_of(convnext).ok());
  EXPECT_EQ(cost_of(convnext).error().code, ErrorCode::unsupported);
  EXPECT_EQ(cost_of(convnext).error().message, "not supported yet: network.family convnext");

  auto transformed = shared(convmixer(64, 8, 4, 3), 2);
  transformed.transform.kind = TransformKind::affine;
  ASSERT_FALSE(cost_of(transformed).ok());
  EXPECT_EQ(cost_of(transformed).error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace spin
