#include <functional>

#include <gtest/gtest.h>

#include "tests/schema/design/example_config.h"

namespace spin {
namespace {

using Edit = std::function<void(JobConfig&)>;

TEST(Supported, ServesTheQuickstart) {
  EXPECT_TRUE(check_supported(fused_on_fashion_mnist()).ok());
  EXPECT_TRUE(check_supported(convmixer(64, 8, 4, 3, "mnist")).ok());
}

TEST(Supported, ServesTheWholeRecipeOfThisVersion) {
  for (const auto strategy : {FusionStrategy::choose_first, FusionStrategy::mean,
                              FusionStrategy::scalar_weighted_mean, FusionStrategy::channel_weighted_mean}) {
    auto config = fused_on_fashion_mnist();
    config.fusion = {strategy, FusionInit::random};
    config.components.add(Component::depthwise);
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
      {[](auto& c) { c.network.family = Family::deit; }, "network.family deit"},
      {[](auto& c) { c.components.add(Component::bn); }, "sharing.components bn"},
      {[](auto& c) { c.transform.kind = TransformKind::affine; }, "transform.kind affine"},
      {[](auto& c) { c.fusion.strategy = FusionStrategy::pointwise_convolution; },
       "fusion.strategy pointwise_convolution"},
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
