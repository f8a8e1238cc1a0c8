#include <set>

#include <gtest/gtest.h>

#include "schema/design/family.h"
#include "schema/design/names.h"
#include "tests/schema/design/example_config.h"

namespace spin {
namespace {

TEST(Labels, NetworksReadAsInThePaper) {
  auto network = convmixer(64, 8, 4, 3).network;
  EXPECT_EQ(network_label(network, 224), "64/8/4/3");
  EXPECT_EQ(network_label(network, 28), "64/8/4/3@224");
  network.family = Family::convnext;
  EXPECT_EQ(network_label(network, 224), "64/8");
  network.family = Family::deit;
  EXPECT_EQ(network_label(network, 224), "64/8");
}

TEST(Families, StandInTheOrderOfTheirEnumerators) {
  for (const auto* family : kFamilies) EXPECT_EQ(&describe(family->family), family) << family->name;
}

TEST(Labels, PositionsAreWholePatches) {
  auto network = convmixer(64, 8, 14, 3).network;
  EXPECT_EQ(positions(network), 256);
  network.patch = 15;
  EXPECT_EQ(positions(network), 14 * 14);
}

TEST(Labels, SharingTransformAndFusion) {
  SharingRequest request;
  EXPECT_EQ(sharing_label(request), "none");
  request.mapping = Mapping::strided;
  request.rate = 4;
  EXPECT_EQ(sharing_label(request), "strided 4");
  request.distribution = Distribution::middle;
  EXPECT_EQ(sharing_label(request), "strided 4 middle");
  request.layers = std::vector<int>{0, 0};
  EXPECT_EQ(sharing_label(request), "layers");
  request.groups = "4x1 1x2";
  EXPECT_EQ(sharing_label(request), "groups 4x1 1x2");

  EXPECT_EQ(transform_label({}), "none");
  EXPECT_EQ(transform_label({TransformKind::affine, 64}), "affine 64");
  EXPECT_EQ(fusion_label({FusionStrategy::none, FusionInit::random}), "none");
  EXPECT_EQ(fusion_label({FusionStrategy::mean, FusionInit::pretrained}), "mean");
  EXPECT_EQ(fusion_label({FusionStrategy::mean, FusionInit::random}), "mean (random)");
}

TEST(Labels, EnumNamesReadBack) {
  EXPECT_EQ(enum_choices<Schedule>(), "one_cycle | one_cycle_linear | cosine | constant");
  for (const auto& entry : enum_names<Component>()) {
    const auto read = enum_from_name<Component>(entry.name);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(*read, entry.value);
  }
  const auto bad = enum_from_name<Mapping>("stridden");
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().message, "'stridden' is none of none | sequential | strided | pyramid | random");
}

TEST(Labels, DefaultComponentsArePartsOfTheFamily) {
  EXPECT_EQ(describe(Family::convmixer).default_components, Components{Component::pointwise});
  for (const auto* family : kFamilies)
    for (const auto& component : enum_names<Component>())
      if (family->default_components.has(component.value)) {
        EXPECT_TRUE(family->components.has(component.value)) << family->name << " " << component.name;
      }
}

TEST(Datasets, EveryRowIsComplete) {
  std::set<std::string_view> names;
  for (const auto& known : known_datasets()) {
    SCOPED_TRACE(known.name);
    EXPECT_TRUE(names.insert(known.name).second);
    EXPECT_EQ(find_dataset(known.name), &known);
    EXPECT_GT(known.facts.classes, 1);
    EXPECT_GT(known.facts.resolution, 0);
    EXPECT_GT(known.facts.channels, 0);
    EXPECT_EQ(std::ssize(known.pixels.mean), known.facts.channels);
    EXPECT_EQ(std::ssize(known.pixels.deviation), known.facts.channels);
    for (const double deviation : known.pixels.deviation) EXPECT_GT(deviation, 0);
    EXPECT_EQ(known.facts.train_images > 0, !known.is_of_owner());
    EXPECT_EQ(known.facts.eval_images > 0, !known.is_of_owner());
    const bool has_files =
        known.format != DatasetFormat::image_folder && known.format != DatasetFormat::synthetic;
    EXPECT_EQ(!known.train.empty(), has_files);
    EXPECT_EQ(!known.eval.empty(), has_files);
    EXPECT_EQ(!known.subfolders.empty(), has_files);
    EXPECT_EQ(!known.advice.empty(), has_files);
    if (known.format == DatasetFormat::idx) {
      EXPECT_EQ(known.train.size(), 2U) << "images, labels";
      EXPECT_EQ(known.eval.size(), 2U);
    }
  }
  EXPECT_EQ(find_dataset("svhn"), nullptr);
}

TEST(Labels, DatasetsAreKnown) {
  for (const auto& name : dataset_names()) EXPECT_TRUE(dataset_facts(name).has_value()) << name;
  EXPECT_FALSE(dataset_facts("svhn").has_value());
  const auto facts = dataset_facts("fashion-mnist");
  EXPECT_EQ(facts->channels, 1);
  EXPECT_EQ(facts->classes, 10);
  EXPECT_EQ(facts->resolution, 28);
  EXPECT_EQ(facts->train_images, 60'000);
  EXPECT_EQ(default_dataset_root("fashion-mnist"), "/usr/share/datasets/fashion-mnist");
  EXPECT_EQ(default_dataset_root("svhn"), "");
}

}  // namespace
}  // namespace spin
