#include <functional>

#include <gtest/gtest.h>

#include "schema/design/names.h"
#include "tests/schema/design/example_config.h"

namespace spin {
namespace {

using Edit = std::function<void(JobConfig&)>;

TEST(Supported, ServesTheQuickstart) {
  EXPECT_TRUE(check_supported(fused_on_fashion_mnist()).ok());
  EXPECT_TRUE(check_supported(convmixer(64, 8, 4, 3, "mnist")).ok());
}

TEST(Supported, ServesTheWholeRecipeOfThisVersion) {
  for (const auto& strategy : enum_names<FusionStrategy>()) {
    auto config = fused_on_fashion_mnist();
    config.fusion = {strategy.value, FusionInit::random};
    config.transform = {TransformKind::affine, 4};
    config.components = family_components(Family::convmixer);
    EXPECT_TRUE(check_supported(config).ok());
  }
  for (const auto& family : enum_names<Family>()) {
    auto config = fused_on_fashion_mnist();
    config.network.family = family.value;
    config.components = default_components(family.value);
    EXPECT_TRUE(check_supported(config).ok());
  }
  for (const auto schedule : {Schedule::one_cycle, Schedule::cosine, Schedule::constant}) {
    auto config = fused_on_fashion_mnist();
    config.training.schedule = schedule;
    config.network.activation = Activation::relu;
    config.network.pointwise_residual = true;
    config.network.dropout = 0.1;
    EXPECT_TRUE(check_supported(config).ok());
  }
}

TEST(Supported, NamesSettingAndValueThatItDoesNotServe) {
  const std::pair<Edit, const char*> cases[] = {
      {[](auto& c) { c.training.optimizer = Optimizer::sgd; }, "training.optimizer sgd"},
      {[](auto& c) { c.training.precision = Precision::bf16; }, "training.precision bf16"},
      {[](auto& c) { c.training.mixup = 0.5; }, "training.mixup 0.5"},
      {[](auto& c) { c.training.cutmix = 0.5; }, "training.cutmix 0.5"},
      {[](auto& c) { c.training.random_erasing = 0.25; }, "training.random_erasing 0.25"},
      {[](auto& c) { c.training.label_noise = 0.2; }, "training.label_noise 0.2"},
  };
  for (const auto& [edit, what] : cases) {
    auto config = fused_on_fashion_mnist();
    edit(config);
    const auto status = check_supported(config);
    ASSERT_FALSE(status.ok()) << what;
    EXPECT_EQ(status.error().code, ErrorCode::unsupported);
    EXPECT_EQ(status.error().message, "not supported yet: " + std::string(what));
  }
}

}  // namespace
}  // namespace spin
