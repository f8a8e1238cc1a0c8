#include "schema/space/search_space.h"

#include <functional>
#include <set>

#include <gtest/gtest.h>

// The counts against enumeration of what they count, and against published values.

namespace spin {
namespace {

/// Calls `visit` with every vector of `length` labels 0 .. labels - 1.
void for_each_vector(int length, int labels, const std::function<void(const std::vector<int>&)>& visit) {
  std::vector<int> vector(static_cast<std::size_t>(length), 0);
  for (;;) {
    visit(vector);
    std::size_t at = 0;
    while (at < vector.size() && ++vector[at] == labels) vector[at++] = 0;
    if (at == vector.size()) return;
  }
}

bool uses(const std::vector<int>& vector, int label) {
  return std::find(vector.begin(), vector.end(), label) != vector.end();
}

/// The labels renamed by first appearance: equal for equal partitions.
std::vector<int> partition_of(const std::vector<int>& vector) {
  std::vector<int> seen;
  std::vector<int> renamed;
  for (const int label : vector) {
    auto at = std::find(seen.begin(), seen.end(), label) - seen.begin();
    if (at == static_cast<std::ptrdiff_t>(seen.size())) seen.push_back(label);
    renamed.push_back(static_cast<int>(at));
  }
  return renamed;
}

std::int64_t count_words(int length, int labels) {
  std::int64_t words = 0;
  for_each_vector(length, labels, [&](const auto& vector) { words += uses(vector, labels - 1) ? 1 : 0; });
  return words;
}

/// Stage after stage picks a set of the tensors that are left, no larger than the stage, and a word over it
/// that uses its last tensor; every choice is walked through by itself.
std::int64_t count_staged(int stages, int stage_layers, unsigned left, int tensors) {
  if (stages == 0) return 1;
  std::int64_t found = 0;
  for (unsigned picked = 1; picked < (1U << tensors); ++picked) {
    const int size = __builtin_popcount(picked);
    if ((picked & ~left) != 0 || size > stage_layers) continue;
    found +=
        count_words(stage_layers, size) * count_staged(stages - 1, stage_layers, left & ~picked, tensors);
  }
  return found;
}

TEST(SearchSpace, IsWhatEnumerationFinds) {
  for (int layers = 1; layers <= 6; ++layers)
    for (int tensors = 1; tensors <= layers; ++tensors) {
      std::int64_t all = 0;
      std::set<std::vector<int>> within;
      std::set<std::vector<int>> exactly;
      for_each_vector(layers, tensors, [&](const auto& vector) {
        ++all;
        const auto partition = partition_of(vector);
        within.insert(partition);
        if (uses(partition, tensors - 1)) exactly.insert(partition);
      });
      const SearchSpace space{layers, tensors};
      EXPECT_EQ(assignments(space), all);
      EXPECT_EQ(assignments_exactly(space), count_words(layers, tensors));
      EXPECT_EQ(topologies_exactly(space), exactly.size());
      EXPECT_EQ(topologies_within(space), within.size());
    }
}

TEST(SearchSpace, OfStagesIsWhatEnumerationFinds) {
  for (const int layers : {1, 2, 3, 4, 5, 6})
    for (const int stages : divisors(layers))
      for (int tensors = 1; tensors <= layers; ++tensors)
        EXPECT_EQ(staged_assignments({layers, tensors, stages}),
                  count_staged(stages, layers / stages, (1U << tensors) - 1, tensors))
            << layers << ' ' << tensors << ' ' << stages;
}

/// Equation 2 with the repaired base case, written down as it stands.
Count equation_2(int layers, int stage_layers, int tensors) {
  if (layers == 0) return 1;
  if (tensors <= 0) return 0;
  Count sum = 0;
  Count binomial = 1;
  for (int i = 1; i <= std::min(stage_layers, tensors); ++i) {
    binomial = binomial * (tensors - i + 1) / i;
    sum += binomial * assignments_exactly({stage_layers, i}) *
           equation_2(layers - stage_layers, stage_layers, tensors - i);
  }
  return sum;
}

TEST(SearchSpace, OfStagesIsEquation2) {
  for (const int stages : {1, 2, 3, 4})
    for (const int tensors : {1, 4, 7, 12})
      EXPECT_EQ(staged_assignments({12, tensors, stages}), equation_2(12, 12 / stages, tensors));
}

TEST(SearchSpace, HasPublishedValues) {
  // OEIS A008277: row 10 of the Stirling numbers of the second kind. A000110: Bell numbers.
  const std::vector<int> row = {1, 511, 9330, 34105, 42525, 22827, 5880, 750, 45, 1};
  for (int k = 1; k <= 10; ++k) EXPECT_EQ(topologies_exactly({10, k}), row[static_cast<std::size_t>(k) - 1]);
  EXPECT_EQ(topologies_within({10, 10}), 115'975);
  EXPECT_EQ(topologies_within({26, 26}), Count("49631246523618756274"));
  EXPECT_EQ(assignments({32, 16}), Count(1) << 128);
  EXPECT_EQ(assignments({32, 16}).str(), "340282366920938463463374607431768211456");
  EXPECT_EQ(assignments_exactly({3, 2}), 7);
}

TEST(SearchSpace, OfOneLayerStagesGivesEachLayerATensorOfItsOwn) {
  EXPECT_EQ(staged_assignments({5, 5, 5}), 120);  // 5!
  EXPECT_EQ(staged_assignments({5, 4, 5}), 0);    // one tensor short
}

TEST(SearchSpace, GrowsWithTheLengthOfTheStages) {
  for (const int tensors : {16, 24, 32}) {
    Count before = 0;
    for (const int stages : {16, 8, 4, 2, 1}) {
      const auto count = staged_assignments({32, tensors, stages});
      EXPECT_GT(count, before);
      before = count;
    }
  }
}

TEST(SearchSpace, Logarithm) {
  EXPECT_DOUBLE_EQ(log10_of(1), 0);
  EXPECT_DOUBLE_EQ(log10_of(1'000), 3);
  EXPECT_NEAR(log10_of(boost::multiprecision::pow(Count(10), 3'000)), 3'000, 1e-9);
  EXPECT_NEAR(log10_of(assignments({1'024, 1'024})), 1'024 * 3.010299956639812, 1e-9);
}

TEST(SearchSpace, RefusesWhatHasNoMeaning) {
  EXPECT_TRUE(check_space({32, 16, 4}).ok());
  EXPECT_TRUE(check_space({kMaxSpaceLayers, kMaxSpaceLayers}).ok());
  EXPECT_EQ(check_space({0, 1}).error().message,
            "layers: 0 is out of range; a whole number from 1 to 1024 is accepted");
  EXPECT_EQ(check_space({kMaxSpaceLayers + 1, 1}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(check_space({32, 33}).error().message,
            "groups: 33 is out of range; a network of 32 layers takes 1 to 32 groups");
  EXPECT_EQ(check_space({1, 2}).error().message,
            "groups: 2 is out of range; a network of 1 layer takes 1 group");
  EXPECT_EQ(
      check_space({32, 16, 5}).error().message,
      "stages: 5 stages of equal length do not make 32 layers; the divisors of 32 do: 1, 2, 4, 8, 16, 32");
  EXPECT_FALSE(check_space({32, 16, 0}).ok());
  EXPECT_FALSE(check_space({32, 16, -2}).ok());
  EXPECT_FALSE(check_space({32, 16, 64}).ok());
}

}  // namespace
}  // namespace spin
