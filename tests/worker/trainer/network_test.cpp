// ConvMixer's arithmetic, sharing and fusion, against an implementation of its own in plain tensor
// operations.
#include <cmath>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "schema/design/cost.h"
#include "tests/support/temp_folder.h"
#include "tests/worker/trainer/fixtures.h"
#include "tests/worker/trainer/reference_convmixer.h"
#include "worker/trainer/checkpoint.h"
#include "worker/trainer/convmixer.h"

namespace spin {
namespace {

constexpr std::array kStrategies{FusionStrategy::choose_first, FusionStrategy::mean,
                                 FusionStrategy::scalar_weighted_mean, FusionStrategy::channel_weighted_mean};
const Components kAll{Component::pointwise, Component::depthwise, Component::bias};

/// Every parameter and statistic gets values of its own, so that nothing is tested at 0 or 1.
void scatter(const ConvMixer& network, std::uint64_t seed) {
  torch::manual_seed(seed);
  const torch::NoGradGuard no_grad;
  for (const auto& parameter : network.parameters())
    parameter.value.add_(torch::randn_like(parameter.value), 0.3);
  for (const auto& buffer : network.buffers()) buffer.tensor.add_(torch::rand_like(buffer.tensor));
}

void to_double(ConvMixer& network) {
  for (auto& parameter : network.parameters()) parameter.value.set_data(parameter.value.to(torch::kDouble));
  network.move_to(torch::kDouble);
}

void expect_reference_equal(const JobConfig& config) {
  for (const auto mode : {Mode::train, Mode::evaluate}) {
    ConvMixer network(config);
    scatter(network, 5);
    const auto images = torch::randn(
        {6, config.dataset.facts.channels, config.network.resolution, config.network.resolution});
    const auto expected = reference_logits(config, network, mode, images.to(torch::kDouble));
    const torch::NoGradGuard no_grad;
    const auto logits =
        network.forward(images.contiguous(torch::MemoryFormat::ChannelsLast), network.weights(), mode);
    EXPECT_TRUE(torch::allclose(logits.to(torch::kDouble), expected, 1e-3, 1e-4))
        << (logits.to(torch::kDouble) - expected).abs().max();
  }
}

TEST(ConvMixer, ForwardEqualsTheReference) {
  auto config = tiny_config();
  expect_reference_equal(config);
  config.network.activation = Activation::relu;
  config.network.pointwise_residual = true;
  config.network.kernel = 5;
  config.network.patch = 6;  // 28 = 4 * 6 + 4: the rest of the image is not seen
  expect_reference_equal(config);
  config.dataset.facts.channels = 3;
  config.network.patch = 28;  // one position
  expect_reference_equal(config);
}

TEST(ConvMixer, SharedAndFusedForwardEqualsTheReference) {
  expect_reference_equal(shared_config({Component::pointwise}));
  expect_reference_equal(shared_config(kAll));
  for (const auto strategy : kStrategies) expect_reference_equal(shared_config(kAll, strategy));
}

TEST(ConvMixer, TrainingMovesTheRunningStatistics) {
  ConvMixer network(tiny_config());
  const auto images = torch::randn({6, 1, 28, 28});
  const auto before = network.buffers()[0].tensor.clone();
  const torch::NoGradGuard no_grad;
  (void)network.forward(images, network.weights(), Mode::evaluate);
  EXPECT_TRUE(network.buffers()[0].tensor.equal(before));
  (void)network.forward(images, network.weights(), Mode::train);
  EXPECT_FALSE(network.buffers()[0].tensor.equal(before));
}

void expect_gradients_equal_differences(const JobConfig& config) {
  ConvMixer network(config);
  scatter(network, 9);
  to_double(network);
  const auto images = torch::randn({4, 1, 28, 28}, torch::kDouble);
  const auto mask = torch::randn({4, 10}, torch::kDouble);
  const auto loss = [&] { return (network.forward(images, network.weights(), Mode::train) * mask).sum(); };
  loss().backward();
  std::mt19937 random(3);
  const torch::NoGradGuard no_grad;
  for (const auto& parameter : network.parameters()) {
    const auto flat = parameter.value.view({-1});
    const auto gradient = parameter.value.grad().view({-1});
    for (int probe = 0; probe < 2; ++probe) {
      const auto i = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(flat.numel()));
      constexpr double kStep = 1e-5;
      const auto value = flat[i].item<double>();
      flat[i] = value + kStep;
      const double above = loss().item<double>();
      flat[i] = value - kStep;
      const double below = loss().item<double>();
      flat[i] = value;
      EXPECT_NEAR(gradient[i].item<double>(), (above - below) / (2 * kStep), 1e-5)
          << parameter.name << " " << i;
    }
  }
}

TEST(ConvMixer, GradientsEqualFiniteDifferences) {
  expect_gradients_equal_differences(tiny_config());
  auto config = shared_config(kAll);
  config.network.pointwise_residual = true;
  expect_gradients_equal_differences(config);
}

TEST(Fusion, GradientsReachOriginalsAndCoefficients) {
  for (const auto strategy : kStrategies) expect_gradients_equal_differences(shared_config(kAll, strategy));
}

TEST(Sharing, LayersOfAGroupUseOneTensor) {
  const ConvMixer network(shared_config({Component::pointwise}));
  const auto weights = network.weights();
  EXPECT_EQ(weights.pointwise[0].data_ptr(), weights.pointwise[1].data_ptr());
  EXPECT_EQ(weights.pointwise[2].data_ptr(), weights.pointwise[3].data_ptr());
  EXPECT_NE(weights.pointwise[0].data_ptr(), weights.pointwise[2].data_ptr());
  EXPECT_NE(weights.pointwise_bias[0].data_ptr(), weights.pointwise_bias[1].data_ptr());
  EXPECT_NE(weights.depthwise[0].data_ptr(), weights.depthwise[1].data_ptr());
}

TEST(Fusion, CombinesTheOriginalsOfAGroup) {
  for (const auto strategy : kStrategies) {
    const ConvMixer network(shared_config(kAll, strategy));
    scatter(network, 2);
    TensorFile originals;
    for (const auto& parameter : network.parameters())
      originals.tensors.push_back({parameter.name, parameter.value});
    const TensorFile folded{{}, network.folded()};
    const auto v2 = originals.find("pointwise.2.weight");
    const auto v3 = originals.find("pointwise.3.weight");
    auto expected = (v2 + v3) / 2;
    if (strategy == FusionStrategy::choose_first) expected = v2;
    if (const auto a = originals.find("pointwise.fusion.weight"); a.defined()) {
      const auto shape = std::vector<std::int64_t>{-1, 1, 1, 1};
      expected = (a[2].reshape(shape) * v2 + a[3].reshape(shape) * v3) / 2;
    }
    EXPECT_TRUE(torch::allclose(folded.find("pointwise.1.weight"), expected, 1e-5, 1e-6));
    EXPECT_FALSE(folded.find("pointwise.2.weight").defined());
    const auto b0 = originals.find("depthwise.0.bias");
    const auto bias =
        strategy == FusionStrategy::choose_first ? b0 : (b0 + originals.find("depthwise.1.bias")) / 2;
    EXPECT_TRUE(torch::allclose(folded.find("depthwise.0.bias"), bias, 1e-5, 1e-6));
  }
}

TEST(Fusion, WeightedMeansStartAsTheMean) {
  const ConvMixer mean(shared_config(kAll, FusionStrategy::mean));
  for (const auto strategy : {FusionStrategy::scalar_weighted_mean, FusionStrategy::channel_weighted_mean}) {
    const ConvMixer weighted(shared_config(kAll, strategy));
    EXPECT_TRUE(weighted.weights().pointwise[0].equal(mean.weights().pointwise[0]));
  }
}

TEST(Fusion, FoldedNetworkEvaluatesLikeTheUnfolded) {
  TempFolder folder;
  for (const auto strategy : kStrategies) {
    const auto config = shared_config(kAll, strategy);
    ConvMixer fused(config);
    scatter(fused, 4);
    auto plain_config = config;
    plain_config.fusion = {};
    ConvMixer plain(plain_config);
    ASSERT_TRUE(plain.load({{}, fused.folded()}, "folded").ok());
    const auto images = torch::randn({8, 1, 28, 28});
    const torch::NoGradGuard no_grad;
    const auto expected = fused.forward(images, fused.weights(), Mode::evaluate);
    EXPECT_TRUE(
        torch::allclose(plain.forward(images, plain.weights(), Mode::evaluate), expected, 1e-5, 1e-5));
  }
}

TEST(Fusion, StartsFromTheModelOfTheUnsharedNetwork) {
  TempFolder folder;
  const auto path = folder / "unshared.safetensors";
  const auto unshared_config = tiny_config();
  ConvMixer unshared(unshared_config);
  scatter(unshared, 8);
  ASSERT_TRUE(save_model(path, config_to_json(unshared_config), unshared).ok());
  const auto config = shared_config({Component::pointwise}, FusionStrategy::channel_weighted_mean);
  ConvMixer fused(config);
  ASSERT_TRUE(load_initial_weights(path, config, fused).ok());
  const auto expected = (unshared.weights().pointwise[2] + unshared.weights().pointwise[3]) / 2;
  EXPECT_TRUE(torch::allclose(fused.weights().pointwise[3], expected, 1e-5, 1e-6));
  EXPECT_TRUE(fused.weights().depthwise[3].equal(unshared.weights().depthwise[3]));
  EXPECT_TRUE(fused.buffers().back().tensor.equal(unshared.buffers().back().tensor));

  auto wider = config;
  wider.network.channels = 16;
  ConvMixer other(wider);
  const auto refused = load_initial_weights(path, wider, other);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("network.channels is 8 there and 16 here"), std::string::npos)
      << refused.error().message;
  ASSERT_TRUE(save_model(path, config_to_json(config), fused).ok());
  EXPECT_NE(load_initial_weights(path, config, fused).error().message.find("'pointwise.2.weight' is missing"),
            std::string::npos);
}

TEST(Cost, ModuleCountsWhatTheDesignSpaceCounts) {
  std::mt19937 random(11);
  const auto pick = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  for (int i = 0; i < 300; ++i) {
    auto config = tiny_config();
    config.network.channels = pick(1, 24);
    config.network.depth = pick(1, 9);
    config.network.patch = pick(1, 28);
    config.network.kernel = 2 * pick(0, 4) + 1;
    config.dataset.facts.channels = pick(1, 3);
    config.dataset.facts.classes = pick(1, 100);
    std::vector<int> labels;
    for (int layer = 0; layer < config.network.depth; ++layer)
      labels.push_back(pick(0, config.network.depth - 1));
    config.topology = Topology::from_labels(labels);
    for (const auto component : {Component::pointwise, Component::depthwise, Component::bias})
      if (pick(0, 1) != 0) config.components.add(component);
    if (pick(0, 1) != 0) config.fusion.strategy = kStrategies[static_cast<std::size_t>(pick(0, 3))];
    config = canonical(config);
    const auto expected = cost_of(config);
    ASSERT_EQ(ConvMixer(config).cost(), expected) << config_text(config);
  }
}

TEST(Cost, CountsThePapersNetwork) {
  JobConfig config = tiny_config();
  config.dataset.facts = {3, 1000, 224, 0, 0};
  config.network.channels = 768;
  config.network.depth = 32;
  config.network.patch = 14;
  config.network.resolution = 224;
  config.topology = Topology::unshared(32);
  EXPECT_EQ(ConvMixer(config).cost().params, 20'465'896);
  config.topology = build_topology({.mapping = Mapping::sequential, .rate = 2}, 32).value();
  config.components = {Component::pointwise};
  EXPECT_EQ(ConvMixer(config).cost().params, 11'028'712);
}

TEST(ConvMixer, SeedDecidesTheInitialWeights) {
  auto config = tiny_config();
  const auto weight = [&] { return ConvMixer(config).weights().pointwise[3]; };
  const auto first = weight();
  torch::manual_seed(99);
  EXPECT_TRUE(weight().equal(first));
  EXPECT_LE(first.abs().max().item<float>(), 1 / std::sqrt(8.0F));
  EXPECT_GT(first.abs().max().item<float>(), 0.8F / std::sqrt(8.0F));
  config.seed = 1;
  EXPECT_FALSE(weight().equal(first));
}

TEST(ConvMixer, ParameterNamesAreUnique) {
  const ConvMixer network(shared_config(kAll, FusionStrategy::channel_weighted_mean));
  std::set<std::string> names;
  for (const auto& parameter : network.parameters())
    EXPECT_TRUE(names.insert(parameter.name).second) << parameter.name;
  for (const auto& buffer : network.buffers()) EXPECT_TRUE(names.insert(buffer.name).second) << buffer.name;
}

}  // namespace
}  // namespace spin
