#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/schema/design/example_config.h"

namespace spin {
namespace {

using nlohmann::json;

std::string error_of(const json& config) {
  const auto read = config_from_json(config);
  EXPECT_FALSE(read.ok()) << config.dump();
  return read.ok() ? "" : read.error().message;
}

/// Writes, prints, parses and reads.
void expect_round_trip(const Train& config) {
  const auto read = config_from_json(json::parse(config_to_json(config).dump()));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, config);
}

TEST(ConfigJson, RoundTripsEverySection) {
  expect_round_trip(fused_on_fashion_mnist());
  expect_round_trip(convmixer(768, 32, 14, 3));

  auto config = fused_on_fashion_mnist();
  config.dataset.train_limit = 10'000;
  config.dataset.eval_limit = 5;
  config.network.activation = Activation::relu;
  config.network.pointwise_residual = true;
  config.network.dropout = 0.1;
  config.fusion.init = FusionInit::random;
  config.transform = {TransformKind::affine, 16};
  config.training = {3,   64,  Optimizer::sgd, 0.1 + 0.2,         1e-7, Schedule::cosine, 0.5, 0, 0,
                     0.2, 0.3, 0.25,           RandAugment{3, 7}, 0.4,  Precision::bf16};
  expect_round_trip(config);
}

TEST(ConfigJson, RoundTripsWhatCameLaterAndLeavesItOutAtItsDefault) {
  const auto before = config_to_json(fused_on_fashion_mnist());
  auto config = fused_on_fashion_mnist();
  auto& training = config.training;
  training.randaugment = RandAugment{2, 9, 0.5, true};
  training.schedule = Schedule::one_cycle_linear;
  training.eps = 1e-3;
  training.pct_start = 0.3;
  training.cycle_momentum = true;
  training.base_momentum = 0.8;
  training.max_momentum = 0.9;
  training.random_erasing_mode = Erase::pixel;
  training.repeated_augmentation = 3;
  expect_round_trip(config);
  EXPECT_EQ(config_to_json(config).at("training").size(), before.at("training").size() + 7);
  training.randaugment = RandAugment{};
  EXPECT_EQ(config_to_json(config).at("training").at("randaugment").size(), 2U);

  auto deit = convmixer(192, 12, 16, 0);
  deit.network.family = Family::deit;
  deit.network.heads = 3;
  deit.training.stochastic_depth = 0.1;
  expect_round_trip(deit);
}

TEST(ConfigJson, RoundTripsOtherFamilies) {
  auto convnext = convmixer(384, 18, 16, 7);
  convnext.network.family = Family::convnext;
  convnext.network.layer_scale = 1e-6;
  expect_round_trip(convnext);

  auto deit = convmixer(192, 12, 16, 0);
  deit.network.family = Family::deit;
  deit.network.heads = 3;
  expect_round_trip(deit);
}

TEST(ConfigJson, HoldsWhichDataAndNotWhereTheyLie) {
  auto config = fused_on_fashion_mnist();
  const auto before = config_to_json(config);
  config.dataset.root = "/data/größe";
  EXPECT_EQ(config_to_json(config), before);
  EXPECT_FALSE(before.at("dataset").contains("id"));

  config.dataset = {"imagefolder", "", 0, 0, {3, 7, 224, 0, 0}, "größe"};
  expect_round_trip(config);
  EXPECT_EQ(config_to_json(config).at("dataset").at("id"), "größe");
}

TEST(ConfigJson, HoldsTheKeysOfTheFamilyOnly) {
  const auto network = config_to_json(convmixer(64, 8, 4, 3)).at("network");
  EXPECT_TRUE(network.contains("kernel"));
  EXPECT_FALSE(network.contains("heads"));
  EXPECT_FALSE(network.contains("layer_scale"));
}

TEST(ConfigJson, NamesTheJobThatFusionStartsFrom) {
  const auto out = config_to_json(fused_on_fashion_mnist());
  EXPECT_EQ(out.at("init_from"),
            std::string("abababababababababababababababab") + "abababababababababababababababab");
  EXPECT_TRUE(config_to_json(convmixer(64, 8, 4, 3)).at("init_from").is_null());
}

TEST(ConfigJson, RefusesUnknownKeysEverywhere) {
  const auto good = config_to_json(fused_on_fashion_mnist());
  for (const char* section : {"", "/dataset", "/network", "/sharing", "/transform", "/fusion", "/training"}) {
    auto bad = good;
    bad[json::json_pointer(std::string(section) + "/speling")] = 1;
    EXPECT_NE(error_of(bad).find("speling: is no key here; these are: "), std::string::npos) << section;
  }
}

TEST(ConfigJson, RefusesMissingKeysEverywhere) {
  const auto good = config_to_json(fused_on_fashion_mnist());
  const auto flat = good.flatten();
  for (const auto& [path, value] : flat.items()) {
    if (path.starts_with("/sharing/layers/") || path.starts_with("/sharing/components/")) continue;
    auto bad = good;
    const json::json_pointer pointer(path);
    bad.at(pointer.parent_pointer()).erase(pointer.back());
    EXPECT_NE(error_of(bad).find(pointer.back() + ": is missing"), std::string::npos) << path;
  }
}

TEST(ConfigJson, RefusesWrongTypesEverywhere) {
  const auto good = config_to_json(fused_on_fashion_mnist());
  const auto flat = good.flatten();
  for (const auto& [path, value] : flat.items()) {
    auto bad = good;
    bad.at(json::json_pointer(path)) = json::array({json::object()});
    const auto message = error_of(bad);
    const bool refused = message.find(" is not ") != std::string::npos ||
                         message.find("an object is expected") != std::string::npos;
    EXPECT_TRUE(refused) << path << ": " << message;
  }
}

TEST(ConfigJson, NamesKeyValueAndWhatWouldDo) {
  auto bad = config_to_json(fused_on_fashion_mnist());
  bad["network"]["family"] = "convmixed";
  EXPECT_EQ(error_of(bad),
            "network.family: \"convmixed\" is not one of convmixer | convnext | deit | mlp_mixer");
  bad = config_to_json(fused_on_fashion_mnist());
  bad["training"]["epochs"] = 5'000'000'000;
  EXPECT_EQ(error_of(bad), "training.epochs: 5000000000 is not a whole number within range");
  bad = config_to_json(fused_on_fashion_mnist());
  bad["sharing"]["layers"] = {0, 0, 99, 1, 2, 2, 3, 3};
  EXPECT_NE(error_of(bad).find("sharing.layers: "), std::string::npos);
  bad = config_to_json(fused_on_fashion_mnist());
  bad["init_from"] = "abc";
  EXPECT_NE(error_of(bad).find("64 hexadecimal digits"), std::string::npos);
}

TEST(ConfigJson, RefusesAnotherVersionAndOtherShapes) {
  auto bad = config_to_json(fused_on_fashion_mnist());
  bad["version"] = 1;
  EXPECT_EQ(error_of(bad), "version: 1 is not 3, which this spin reads");
  EXPECT_NE(error_of(json::array()).find("an object is expected"), std::string::npos);
  EXPECT_NE(error_of(nullptr).find("an object is expected"), std::string::npos);
  bad = config_to_json(fused_on_fashion_mnist());
  bad["network"] = "64/8/4/3";
  EXPECT_EQ(error_of(bad), "network: is string; an object is expected");
}

TEST(ConfigJson, ValidatesWhatItReads) {
  auto bad = config_to_json(convmixer(64, 8, 4, 3));
  bad["network"]["patch"] = 500;
  EXPECT_NE(error_of(bad).find("network.patch: 500 pixels are larger than the image of 224"),
            std::string::npos);
}

}  // namespace
}  // namespace spin
