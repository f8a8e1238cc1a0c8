#include "schema/design/scaling.h"

#include <cmath>

#include <gtest/gtest.h>

#include "schema/design/cost.h"
#include "tests/schema/design/example_config.h"

namespace spin {
namespace {

Train deit(int channels, int depth) {
  auto config = convmixer(channels, depth, 16, 0);
  config.network.family = Family::deit;
  config.network.heads = channels / 64;
  return config;
}

double log_ratio(std::int64_t a, std::int64_t b) {
  return std::log(static_cast<double>(a) / static_cast<double>(b));
}

double distance(const Cost& a, const Cost& b) {
  return std::hypot(log_ratio(a.params, b.params), log_ratio(a.flops, b.flops));
}

TEST(Scaling, BaselinesShareTransformAndFuseNothing) {
  auto config = fused_on_fashion_mnist();
  config.transform = {TransformKind::affine, 8};
  for (const auto match : {Match::paper, Match::closest}) {
    const auto plain = scaling_baseline(config, Scaling::depth, match);
    EXPECT_TRUE(plain.topology.is_unshared());
    EXPECT_EQ(plain.transform, Transform());
    EXPECT_EQ(plain.fusion, Fusion());
    EXPECT_FALSE(plain.init_from.has_value());
    EXPECT_EQ(plain.training, config.training);
    EXPECT_TRUE(validate(plain).ok());
  }
}

TEST(Scaling, ThePapersDepthIsTheNumberOfGroups) {
  const auto config = shared(convmixer(64, 18, 4, 3, "fashion-mnist"), 4);
  const auto plain = scaling_baseline(config, Scaling::depth, Match::paper).network;
  EXPECT_EQ(plain.depth, 5);
  EXPECT_EQ(plain.resolution, 56);  // 4 * ceil(sqrt(18 / 5) * 7)
  EXPECT_EQ(plain.channels, 64);
}

TEST(Scaling, DeiTKeepsTheWidthOfItsHeads) {
  using enum Component;
  const auto config = shared(deit(384, 12), 3, {attention, mlp});
  for (const auto match : {Match::paper, Match::closest}) {
    const auto plain = scaling_baseline(config, Scaling::channels, match).network;
    EXPECT_EQ(plain.channels, plain.heads * 64);
    EXPECT_LT(plain.heads, 6);
  }
}

/// All plain networks that the search may choose from.
std::vector<Train> candidates(const Train& shared, Scaling by) {
  std::vector<Train> list;
  const int most = by == Scaling::depth ? shared.network.depth : shared.network.channels;
  for (int n = 1; n <= most; ++n) {
    if (by == Scaling::channels && shared.network.channels % 8 == 0 && n % 8 != 0) continue;
    auto plain = shared;
    (by == Scaling::depth ? plain.network.depth : plain.network.channels) = n;
    plain.topology = Topology::unshared(plain.network.depth);
    for (int side = 1; side * shared.network.patch <= 400; ++side) {
      plain.network.resolution = side * shared.network.patch;
      list.push_back(canonical(plain));
    }
  }
  return list;
}

TEST(Scaling, ClosestIsTheNearestOfAllThatThereAre) {
  const std::pair<int, int> shapes[] = {{64, 4}, {50, 4}, {764, 14}};  // channels, patch
  for (const auto& [channels, patch] : shapes)
    for (const int rate : {2, 3, 8})
      for (const auto by : {Scaling::depth, Scaling::channels}) {
        const auto config = shared(convmixer(channels, 16, patch, 3, "fashion-mnist"), rate);
        const auto target = cost_of(config);
        double least = 1e9;
        for (const auto& candidate : candidates(config, by))
          least = std::min(least, distance(cost_of(candidate), target));
        const auto found = cost_of(scaling_baseline(config, by, Match::closest));
        EXPECT_DOUBLE_EQ(distance(found, target), least) << channels << " at rate " << rate;
      }
}

TEST(Scaling, ASquareRootThatComesOutWholeCostsNoRowOfPatches) {
  auto config = shared(convmixer(64, 49, 7, 3, "fashion-mnist"), 6);  // 9 groups: sqrt(49 / 9) is 7 / 3
  config.network.resolution = 105;
  EXPECT_EQ(scaling_baseline(config, Scaling::depth, Match::paper).network.resolution, 245);
}

TEST(Scaling, TheSearchStaysWhereFlopsCanBeCounted) {
  auto config = shared(deit(8'192, 64), 2, {Component::attention, Component::mlp});
  config.network.patch = 1;
  config.network.resolution = 32;
  ASSERT_TRUE(validate(config).ok());
  const auto plain = scaling_baseline(config, Scaling::depth, Match::closest);
  EXPECT_TRUE(validate(plain).ok());
  EXPECT_LT(distance(cost_of(plain), cost_of(config)), 0.2);
}

TEST(Scaling, TheSearchPassesOverWidthsWhoseMlpHasNoWholeOne) {
  auto config = convmixer(80, 16, 4, 7, "fashion-mnist");
  config.network.family = Family::convnext;
  config.network.mlp_ratio = 2.3;
  ASSERT_TRUE(validate(config).ok());
  EXPECT_TRUE(validate(scaling_baseline(shared(config, 3), Scaling::channels, Match::closest)).ok());
}

TEST(Scaling, ClosestIsNearerThanThePapersRule) {
  const auto config = shared(convmixer(768, 32, 14, 3), 4);
  const auto target = cost_of(config);
  for (const auto by : {Scaling::depth, Scaling::channels})
    EXPECT_LT(distance(cost_of(scaling_baseline(config, by, Match::closest)), target),
              distance(cost_of(scaling_baseline(config, by, Match::paper)), target));
}

}  // namespace
}  // namespace spin
