// What a model's file holds: folded weights, and the weights that fusion starts from.
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/temp_folder.h"
#include "tests/worker/trainer/fixtures.h"
#include "tests/worker/trainer/models.h"
#include "worker/trainer/checkpoint.h"

namespace spin {
namespace {

const Transform kAffine{TransformKind::affine, 2};

torch::Tensor evaluate_on(const Model& model, const torch::Tensor& images) {
  const torch::NoGradGuard no_grad;
  return model.forward(images, model.weights(), Mode::evaluate);
}

TEST(Folding, PlainSharedNetworkEvaluatesLikeTheFused) {
  for (const auto family : all_families())
    for (const auto transform : {Transform(), kAffine})
      for (const auto strategy : kStrategies) {
        const auto config = all_shared(family_config(family), strategy, transform);
        const auto fused = make_model(config);
        scatter(*fused, 4);
        const auto plain = make_model(all_shared(family_config(family), FusionStrategy::none, transform));
        const auto loaded = plain->load({{}, fused->folded()}, "folded");
        ASSERT_TRUE(loaded.ok()) << loaded.error().message;
        const auto images = random_images(config, 4);
        EXPECT_TRUE(torch::allclose(evaluate_on(*plain, images), evaluate_on(*fused, images), 1e-4, 1e-4))
            << config_text(config);
      }
}

TEST(Folding, HoldsOneWeightForEachGroupAndEachTransform) {
  const auto model = make_model(
      all_shared(family_config(Family::convmixer), FusionStrategy::channel_weighted_mean, kAffine));
  scatter(*model, 2);
  TensorFile originals;
  for (const auto& parameter : model->parameters())
    originals.tensors.push_back({parameter.name, parameter.value});
  const TensorFile folded{{}, model->folded()};
  const auto a = originals.find("pointwise.fusion.weight");  // [L, C]
  auto expected = torch::zeros({8, 8, 1, 1});
  for (const int layer : {0, 1, 3})
    expected += a[layer].reshape({-1, 1, 1, 1}) * originals.find("pointwise.weight")[layer] / 3;
  EXPECT_TRUE(torch::allclose(folded.find("pointwise.0.weight"), expected, 1e-5, 1e-6));
  EXPECT_FALSE(folded.find("pointwise.2.weight").defined());
  EXPECT_FALSE(folded.find("pointwise.fusion.weight").defined());
  EXPECT_EQ(folded.find("pointwise.1.transform.weight").sizes(), torch::IntArrayRef({8, 2}));
  EXPECT_TRUE(folded.find("pointwise.3.transform.bias").defined());
  EXPECT_FALSE(folded.find("pointwise.0.transform.weight").defined());  // first of its group
  EXPECT_FALSE(folded.find("pointwise.2.transform.weight").defined());
}

class Pretrained : public ::testing::Test {
 protected:
  /// Writes the model of `config` without sharing, with values of its own.
  TensorFile write_unshared(const Train& config) {
    const auto model = make_model(config);
    scatter(*model, 8);
    EXPECT_TRUE(save_model(path_, config_to_json(config), *model).ok());
    return {{}, model->folded()};
  }

  TempFolder folder_;
  std::filesystem::path path_ = folder_ / "unshared.safetensors";
};

TEST_F(Pretrained, EveryStrategyStartsFromTheUnsharedNetwork) {
  for (const auto family : all_families()) {
    const auto unshared_config = family_config(family);
    const auto unshared = write_unshared(unshared_config);
    for (const auto strategy : kStrategies) {
      const auto config = all_shared(unshared_config, strategy, kAffine);
      const auto fused = make_model(config);
      const auto loaded = load_initial_weights(path_, config, *fused);
      ASSERT_TRUE(loaded.ok()) << loaded.error().message;
      for (const auto& parameter : fused->parameters()) {
        const bool coefficient = parameter.name.find(".fusion.") != std::string::npos ||
                                 parameter.name.find(".transform.") != std::string::npos;
        if (coefficient) continue;
        const auto dot = parameter.name.find('.');
        const auto is_single = unshared.find(parameter.name).defined();
        for (std::int64_t i = 0; i < (is_single ? 1 : config.network.depth); ++i) {
          const auto name =
              is_single ? parameter.name
                        : parameter.name.substr(0, dot + 1) + std::to_string(i) + parameter.name.substr(dot);
          ASSERT_TRUE(unshared.find(name).defined()) << name;
          EXPECT_TRUE(unshared.find(name).equal(is_single ? parameter.value : parameter.value[i])) << name;
        }
      }
    }
  }
}

TEST_F(Pretrained, SharedStatisticsAreTheMeanOverTheGroup) {
  const auto unshared_config = family_config(Family::convmixer);
  const auto unshared = write_unshared(unshared_config);
  const auto mean_of = [&](const char* kind, std::initializer_list<int> layers) {
    auto sum = torch::zeros({8});
    for (const int layer : layers)
      sum += unshared.find("pointwise." + std::to_string(layer) + ".norm." + kind);
    return sum / static_cast<double>(layers.size());
  };
  for (const auto strategy : {FusionStrategy::mean, FusionStrategy::choose_first}) {
    const auto config = all_shared(unshared_config, strategy);
    const auto fused = make_model(config);
    ASSERT_TRUE(load_initial_weights(path_, config, *fused).ok());
    const TensorFile buffers{{}, fused->buffers()};
    const bool first = strategy == FusionStrategy::choose_first;
    for (const char* kind : {"mean", "variance"}) {
      const auto expected = first ? mean_of(kind, {0}) : mean_of(kind, {0, 1, 3});
      const auto found = buffers.find(std::string("pointwise.norm.") + kind);
      ASSERT_EQ(found.size(0), 2);
      EXPECT_TRUE(torch::allclose(found[0], expected));
      EXPECT_TRUE(torch::allclose(found[1], mean_of(kind, {2})));
    }
  }
}

TEST_F(Pretrained, AnotherNetworkAndAnotherFileAreRefused) {
  const auto unshared_config = family_config(Family::convmixer);
  (void)write_unshared(unshared_config);
  auto wider = all_shared(unshared_config, FusionStrategy::mean);
  wider.network.channels = 16;
  const auto other = make_model(wider);
  const auto refused = load_initial_weights(path_, wider, *other);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("network.channels is 8 there and 16 here"), std::string::npos)
      << refused.error().message;

  const auto config = all_shared(unshared_config, FusionStrategy::mean);
  const auto fused = make_model(config);
  ASSERT_TRUE(save_model(path_, config_to_json(config), *fused).ok());
  EXPECT_NE(
      load_initial_weights(path_, config, *fused).error().message.find("'depthwise.2.weight' is missing"),
      std::string::npos);
}

TEST(BatchNormSharing, EachLayerOfAGroupMovesTheOneRunningMean) {
  auto config = family_config(Family::convmixer);
  config.topology = Topology::from_labels({0, 0, 0, 0});
  config.components = {Component::bn};
  const auto model = make_model(config);
  const torch::NoGradGuard no_grad;
  // Weights 0 leave every norm of a half a constant input: its bias b through GELU, so that each of the four
  // layers moves the mean from m to 0.9 m + 0.1 gelu(b).
  for (const auto& parameter : model->parameters())
    if (parameter.name.find("pointwise.") == 0) {
      const bool bias = parameter.name.find(".bias") != std::string::npos &&
                        parameter.name.find("norm") == std::string::npos;
      parameter.value.fill_(bias ? 1.0 : 0.0);
    }
  (void)model->forward(random_images(config, 3), model->weights(), Mode::train);
  const TensorFile buffers{{}, model->buffers()};
  const double gelu_of_one = 0.841344746068543;
  const double expected = gelu_of_one * (1 - 0.9 * 0.9 * 0.9 * 0.9);
  EXPECT_TRUE(
      torch::allclose(buffers.find("pointwise.norm.mean"), torch::full({1, 8}, expected), 1e-5, 1e-6));
}

TEST(LayerWeights, LayersOfAGroupUseOneTensor) {
  auto config = family_config(Family::convmixer);
  config.topology = Topology::from_labels({0, 0, 1, 0});
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(std::uint64_t{1});
  config.components = {Component::pointwise};
  const auto pointers = [&](std::optional<Component> component) {
    const LayerWeights weights(
        {"x", "weight", {2, 2}, TensorRole::weight, {Start::Kind::normal, 1}, component}, config, generator);
    std::vector<const void*> list;
    for (const auto& weight : weights.by_layer(weights.fused())) list.push_back(weight.data_ptr());
    return list;
  };
  const auto shared = pointers(Component::pointwise);
  EXPECT_EQ(shared[0], shared[1]);
  EXPECT_EQ(shared[0], shared[3]);
  EXPECT_NE(shared[0], shared[2]);
  const auto own = pointers(Component::depthwise);
  EXPECT_NE(own[0], own[1]);
}

}  // namespace
}  // namespace spin
