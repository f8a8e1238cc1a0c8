#include "worker/trainer/random.h"

#include <array>
#include <cmath>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "worker/trainer/data/epoch_order.h"

namespace spin {
namespace {

TEST(Random, TheSameNameGivesTheSameStreamAndAnotherNameAnother) {
  std::set<std::uint64_t> firsts;
  for (std::int64_t seed : {0, 1, 2})
    for (const auto use : {RandomUse::order, RandomUse::crop, RandomUse::mixing})
      for (std::int64_t first : {0, 1, 2})
        for (std::int64_t second : {0, 1, 2}) {
          Random a(seed, use, first, second), b(seed, use, first, second);
          for (int i = 0; i < 5; ++i) ASSERT_EQ(a.next(), b.next());
          firsts.insert(a.next());
        }
  EXPECT_EQ(firsts.size(), 81U);
}

/// Mean and deviation of 100,000 draws.
template <class Draw>
std::array<double, 2> moments(Draw draw) {
  constexpr int kDraws = 100'000;
  double sum = 0, squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = draw();
    sum += value;
    squares += value * value;
  }
  const double mean = sum / kDraws;
  return {mean, std::sqrt(squares / kDraws - mean * mean)};
}

TEST(Random, UniformAndNormalHaveTheirMoments) {
  Random random(7, RandomUse::crop);
  const auto uniform = moments([&] {
    const double value = random.uniform(2, 4);
    EXPECT_TRUE(value >= 2 && value < 4);
    return value;
  });
  EXPECT_NEAR(uniform[0], 3, 0.01);
  EXPECT_NEAR(uniform[1], 2 / std::sqrt(12.0), 0.01);
  const auto normal = moments([&] { return random.normal(); });
  EXPECT_NEAR(normal[0], 0, 0.02);
  EXPECT_NEAR(normal[1], 1, 0.02);
}

TEST(Random, BelowIsEvenlySpread) {
  Random random(7, RandomUse::crop);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts.at(random.below(7));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
  EXPECT_EQ(random.below(1), 0U);
}

TEST(EpochOrder, IsAPermutationOfItsOwnForEachSeedAndEpoch) {
  const auto order = epoch_order(3, 2, 1000);
  const std::set<std::int64_t> distinct(order.begin(), order.end());
  EXPECT_EQ(distinct.size(), 1000U);
  EXPECT_EQ(*distinct.begin(), 0);
  EXPECT_EQ(*distinct.rbegin(), 999);
  EXPECT_EQ(order, epoch_order(3, 2, 1000));
  EXPECT_NE(order, epoch_order(3, 3, 1000));
  EXPECT_NE(order, epoch_order(2, 2, 1000));
  EXPECT_NE(epoch_order(2, 3, 1000), epoch_order(3, 2, 1000));
}

TEST(EpochOrder, EveryPermutationIsEquallyLikely) {
  std::array<int, 27> counts{};
  for (int epoch = 1; epoch <= 6000; ++epoch) {
    const auto order = epoch_order(1, epoch, 3);
    ++counts.at(static_cast<std::size_t>(order[0] * 9 + order[1] * 3 + order[2]));
  }
  int seen = 0;
  for (const int count : counts) {
    if (count == 0) continue;
    ++seen;
    EXPECT_NEAR(count, 1000, 150);
  }
  EXPECT_EQ(seen, 6);
}

}  // namespace
}  // namespace spin
