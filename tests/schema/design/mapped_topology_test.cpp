#include "schema/design/mapped_topology.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "schema/design/names.h"

namespace spin {
namespace {

using Layers = std::vector<int>;

Topology build(const SharingRequest& request, int depth) {
  const auto built = build_topology(request, depth);
  EXPECT_TRUE(built.ok());
  return built.ok() ? *built : Topology();
}

Topology of_groups(const std::string& notation, int depth) {
  SharingRequest request;
  request.groups = notation;
  return build(request, depth);
}

std::string text_of(const SharingRequest& request, int depth) {
  return sharing_label(request) + " of " + std::to_string(depth) + " layers";
}

/// Calls `check` with every mapping, distribution and rate for depths up to `most`.
template <class Check>
void each_request(int most, Check check) {
  for (int depth = 1; depth <= most; ++depth)
    for (int rate = 1; rate <= depth; ++rate)
      for (const auto mapping : {Mapping::sequential, Mapping::strided, Mapping::pyramid, Mapping::random})
        for (const auto& distribution : enum_names<Distribution>()) {
          const SharingRequest request{.mapping = mapping, .distribution = distribution.value, .rate = rate};
          SCOPED_TRACE(text_of(request, depth));
          check(request, depth);
          if (testing::Test::HasFailure()) return;
        }
}

TEST(MappedTopology, CoversEveryLayerWithAsManyGroupsAsTheRateSays) {
  each_request(40, [](const SharingRequest& request, int depth) {
    const auto topology = build(request, depth);
    EXPECT_EQ(topology.depth(), depth);
    EXPECT_EQ(topology.group_count(), (depth + request.rate - 1) / request.rate);
    int next = 0;  // labels come in order of first appearance
    for (const int group : topology.layers()) {
      EXPECT_LE(group, next);
      next = std::max(next, group + 1);
    }
  });
}

TEST(MappedTopology, LargeNetworksKeepTheRateToo) {
  std::mt19937 random(4);
  for (int i = 0; i < 2'000; ++i) {
    const int depth = std::uniform_int_distribution(1, kMaxDepth)(random);
    const SharingRequest request{.mapping = static_cast<Mapping>(random() % 4 + 1),
                                 .distribution = static_cast<Distribution>(random() % 4),
                                 .rate = std::uniform_int_distribution(1, depth)(random),
                                 .seed = i};
    const auto topology = build(request, depth);
    ASSERT_EQ(topology.depth(), depth) << text_of(request, depth);
    ASSERT_EQ(topology.group_count(), (depth + request.rate - 1) / request.rate) << text_of(request, depth);
  }
}

TEST(MappedTopology, NonUniformRowsOfTable1HaveEightGroupsOfThreeAndEightSingleLayers) {
  const auto at = [](Distribution distribution) {
    return build({.mapping = Mapping::sequential, .distribution = distribution, .rate = 2}, 32);
  };
  EXPECT_EQ(at(Distribution::front), of_groups("8x3 8x1", 32));
  EXPECT_EQ(at(Distribution::middle), of_groups("4x1 8x3 4x1", 32));
  EXPECT_EQ(at(Distribution::back), of_groups("8x1 8x3", 32));
}

TEST(MappedTopology, APyramidOf32LayersAtRateTwoIsThePapersRow) {
  const auto paper = of_groups("4x1 1x2 2x3 2x4 2x3 1x2 4x1", 32);
  for (const auto distribution : {Distribution::uniform, Distribution::middle})
    EXPECT_EQ(build({.mapping = Mapping::pyramid, .distribution = distribution, .rate = 2}, 32), paper);
}

TEST(MappedTopology, PyramidsAreSymmetricAndGrowTowardTheCentre) {
  for (int layers = 1; layers <= 90; ++layers) {
    for (int groups = 1; groups <= layers; ++groups) {
      SCOPED_TRACE(std::to_string(layers) + " layers in " + std::to_string(groups) + " groups");
      auto sizes = pyramid_sizes(layers, groups);
      ASSERT_EQ(static_cast<int>(sizes.size()), groups);
      EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), 0), layers);
      EXPECT_GE(*std::min_element(sizes.begin(), sizes.end()), 1);
      const auto middle = static_cast<std::size_t>(groups / 2);
      if (groups % 2 == 0 && layers % 2 == 1) --sizes[middle];  // the one layer over
      EXPECT_TRUE(std::equal(sizes.begin(), sizes.end(), sizes.rbegin()));
      EXPECT_TRUE(std::is_sorted(sizes.begin(), sizes.begin() + groups / 2 + groups % 2));
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(MappedTopology, WholePyramidsAreMirrored) {
  each_request(40, [](const SharingRequest& request, int depth) {
    const int groups = (depth + request.rate - 1) / request.rate;
    if (request.mapping != Mapping::pyramid || (groups % 2 == 0 && depth % 2 == 1)) return;
    if (request.distribution == Distribution::front || request.distribution == Distribution::back) return;
    const auto layers = build(request, depth).layers();
    EXPECT_EQ(Topology::from_labels(Layers(layers.rbegin(), layers.rend())).layers(), layers);
  });
}

TEST(MappedTopology, StridedSectionsRepeatTheirGroups) {
  EXPECT_EQ(build({.mapping = Mapping::strided, .distribution = Distribution::front, .rate = 2}, 8).layers(),
            (Layers{0, 1, 0, 1, 0, 1, 2, 3}));
  EXPECT_EQ(build({.mapping = Mapping::strided, .distribution = Distribution::middle, .rate = 2}, 8).layers(),
            (Layers{0, 1, 2, 1, 2, 1, 2, 3}));
}

TEST(MappedTopology, RandomIsTheSequentialVectorShuffledByTheSeed) {
  std::set<Layers> seen;
  for (std::int64_t seed = 0; seed < 50; ++seed) {
    const SharingRequest request{.mapping = Mapping::random, .rate = 4, .seed = seed};
    const auto topology = build(request, 18);
    EXPECT_EQ(build(request, 18), topology);
    std::multiset<std::size_t> sizes;
    for (const auto& group : topology.groups()) sizes.insert(group.size());
    EXPECT_EQ(sizes, (std::multiset<std::size_t>{2, 4, 4, 4, 4}));
    seen.insert(topology.layers());
  }
  EXPECT_GT(seen.size(), 45U);
}

TEST(MappedTopology, ARandomTopologyIsTheSameOnEveryMachine) {
  EXPECT_EQ(build({.mapping = Mapping::random, .rate = 2, .seed = 7}, 8).layers(),
            (Layers{0, 1, 1, 2, 3, 0, 2, 3}));
}

}  // namespace
}  // namespace spin
