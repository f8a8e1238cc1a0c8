#include <gtest/gtest.h>

#include "schema/design/sharing.h"

namespace spin {
namespace {

using Layers = std::vector<int>;

SharingRequest request(Mapping mapping, int rate) {
  SharingRequest out;
  out.mapping = mapping;
  out.rate = rate;
  return out;
}

SharingRequest groups(const std::string& notation) {
  SharingRequest out;
  out.groups = notation;
  return out;
}

Topology mapped(Mapping mapping, int depth, int rate) {
  const auto built = build_topology(request(mapping, rate), depth);
  EXPECT_TRUE(built.ok());
  return built.ok() ? *built : Topology();
}

Error error_of(const SharingRequest& asked, int depth) {
  const auto built = build_topology(asked, depth);
  EXPECT_FALSE(built.ok());
  return built.ok() ? Error{} : built.error();
}

TEST(Topology, SequentialSharesBetweenNeighbours) {
  EXPECT_EQ(mapped(Mapping::sequential, 8, 2).layers(), (Layers{0, 0, 1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(mapped(Mapping::sequential, 8, 8).group_count(), 1);
}

TEST(Topology, TheLastGroupIsTheShorterOne) {
  const auto topology = mapped(Mapping::sequential, 18, 4);  // the 6.7 M of Table 6
  EXPECT_EQ(topology.group_count(), 5);
  std::vector<std::size_t> sizes;
  for (const auto& group : topology.groups()) sizes.push_back(group.size());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{4, 4, 4, 4, 2}));
}

TEST(Topology, StridedRepeatsTheSequenceOfGroups) {
  EXPECT_EQ(mapped(Mapping::strided, 8, 2).layers(), (Layers{0, 1, 2, 3, 0, 1, 2, 3}));
  EXPECT_EQ(mapped(Mapping::strided, 8, 4).layers(), (Layers{0, 1, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(mapped(Mapping::strided, 7, 3).layers(), (Layers{0, 1, 2, 0, 1, 2, 0}));
}

TEST(Topology, SequentialAndStridedHaveEquallyManyGroups) {
  for (int depth = 1; depth <= 20; ++depth)
    for (int rate = 1; rate <= depth; ++rate)
      EXPECT_EQ(mapped(Mapping::sequential, depth, rate).group_count(),
                mapped(Mapping::strided, depth, rate).group_count())
          << depth << " layers at rate " << rate;
}

TEST(Topology, LabelsAreOnlyLabels) {
  EXPECT_EQ(Topology::from_labels({7, 7, -2, 900, -2}).layers(), (Layers{0, 0, 1, 2, 1}));
  EXPECT_EQ(Topology::from_labels({1, 0, 1, 0}), Topology::from_labels({0, 1, 0, 1}));
  EXPECT_NE(Topology::from_labels({0, 0, 1, 1}), Topology::from_labels({0, 1, 0, 1}));
}

TEST(Topology, KnowsFirstLayersAndGroups) {
  const auto topology = Topology::from_labels({0, 1, 0, 2, 1});
  std::vector<bool> first;
  for (int layer = 0; layer < topology.depth(); ++layer) first.push_back(topology.is_first(layer));
  EXPECT_EQ(first, (std::vector<bool>{true, true, false, true, false}));
  EXPECT_EQ(topology.groups(), (std::vector<Layers>{{0, 2}, {1, 4}, {3}}));
  EXPECT_FALSE(topology.is_unshared());
  EXPECT_TRUE(Topology::unshared(5).is_unshared());
}

TEST(Topology, GroupsNotationStandsForGroupsOfLayersInOrder) {
  const auto topology = build_topology(groups("2x1 1x2 1x3"), 7);
  ASSERT_TRUE(topology.ok());
  EXPECT_EQ(topology->layers(), (Layers{0, 1, 2, 2, 3, 3, 3}));
}

TEST(Topology, MiddlePyramidOfThePaperHas16GroupsOf32Layers) {
  const auto topology = build_topology(groups("4x1 1x2 2x3 2x4 2x3 1x2 4x1"), 32);
  ASSERT_TRUE(topology.ok());
  EXPECT_EQ(topology->group_count(), 16);
}

TEST(Topology, SpellingsOfOneTopologyAreEqual) {
  SharingRequest vector;
  vector.layers = Layers{5, 5, 1, 1, 9, 9, 0, 0};
  const auto sequential = build_topology(request(Mapping::sequential, 2), 8);
  ASSERT_TRUE(sequential.ok());
  EXPECT_EQ(*sequential, *build_topology(groups("4x2"), 8));
  EXPECT_EQ(*sequential, *build_topology(vector, 8));
}

TEST(Topology, NoneAndRateOneShareNothing) {
  for (const auto& asked : {request(Mapping::none, 4), request(Mapping::sequential, 1),
                            request(Mapping::strided, 1), request(Mapping::random, 1), groups("8x1")}) {
    const auto built = build_topology(asked, 8);
    ASSERT_TRUE(built.ok());
    EXPECT_TRUE(built->is_unshared());
  }
}

TEST(Topology, RefusesRatesThatTheDepthDoesNotAllow) {
  const auto above = error_of(request(Mapping::sequential, 9), 8);
  EXPECT_EQ(above.code, ErrorCode::invalid_argument);
  EXPECT_EQ(above.message,
            "sharing.rate: 9 is above the depth; a network of 8 layers takes a rate from 1 to 8");
  EXPECT_EQ(error_of(request(Mapping::strided, 0), 8).message.substr(0, 28), "sharing.rate: 0 is below 1; ");
}

TEST(Topology, RefusesGroupsThatDoNotCoverTheNetwork) {
  EXPECT_NE(error_of(groups("3x2"), 8).message.find("covers only 6 layers, but the network has 8"),
            std::string::npos);
  EXPECT_NE(error_of(groups("5x2"), 8).message.find("covers more than 8 layers"), std::string::npos);
  EXPECT_NE(error_of(groups("2000000000x2000000000"), 8).message.find("covers more than 8 layers"),
            std::string::npos);
  EXPECT_NE(error_of(groups(""), 8).message.find("covers only 0 layers"), std::string::npos);
}

TEST(Topology, RefusesBrokenNotation) {
  for (const char* token : {"4", "x2", "4x", "4x2x1", "4*2", "0x2", "4x0", "-4x2", "4x2,", "99999999999x1"})
    EXPECT_NE(error_of(groups(token), 8).message.find("is not NxS"), std::string::npos) << token;
}

TEST(Topology, RefusesAVectorOfAnotherLength) {
  SharingRequest asked;
  asked.layers = Layers{0, 0, 1};
  EXPECT_EQ(
      error_of(asked, 4).message,
      "sharing.layers: names a group for 3 layers, but the network has 4; give one group for each layer");
}

}  // namespace
}  // namespace spin
