// Every family's arithmetic, sharing, fusion and transform against an implementation of its own in plain
// tensor operations, and against finite differences.
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "schema/design/family.h"
#include "tests/worker/trainer/fixtures.h"
#include "tests/worker/trainer/models.h"
#include "tests/worker/trainer/reference.h"

namespace spin {
namespace {

const Transform kAffine{TransformKind::affine, 4};
// In double precision; what is left is the 1/3 of a mean over three layers, which the trainer holds in float.
constexpr double kTolerance = 1e-5;

/// Outputs and gradients in double precision; outputs in float too.
void expect_reference_equal(const Train& config, Mode mode) {
  SCOPED_TRACE(config_text(config));
  const auto model = make_model(config);
  scatter(*model, 5);
  const ReferenceWeights reference(config, *model);
  const auto images = random_images(config, 5);
  const auto expected = reference_logits(reference, mode, images.to(torch::kDouble));
  const auto mask = torch::randn_like(expected);
  (expected * mask).sum().backward();
  {
    const torch::NoGradGuard no_grad;
    const auto channels_last = images.contiguous(torch::MemoryFormat::ChannelsLast);
    const auto logits = model->forward(channels_last, model->weights(), Mode::evaluate).to(torch::kDouble);
    const auto evaluated = reference_logits(reference, Mode::evaluate, images.to(torch::kDouble));
    EXPECT_TRUE(torch::allclose(logits, evaluated, 1e-3, 1e-4)) << (logits - evaluated).abs().max();
  }
  to_double(*model);
  const auto logits = model->forward(images.to(torch::kDouble), model->weights(), mode);
  EXPECT_TRUE(torch::allclose(logits, expected, kTolerance, kTolerance)) << (logits - expected).abs().max();
  (logits * mask).sum().backward();
  for (const auto& parameter : model->parameters()) {
    const auto theirs = reference.at(parameter.name).grad();
    const auto ours = parameter.value.grad();
    // Originals that choose_first leaves out get no gradient, or zeros.
    const auto zeros = torch::zeros_like(parameter.value);
    EXPECT_TRUE(torch::allclose(ours.defined() ? ours : zeros, theirs.defined() ? theirs : zeros, kTolerance,
                                kTolerance))
        << parameter.name;
  }
}

void expect_reference_equal(const Train& config) {
  for (const auto mode : {Mode::train, Mode::evaluate}) expect_reference_equal(config, mode);
}

TEST(Model, UnsharedEqualsTheReference) {
  for (const auto family : all_families()) expect_reference_equal(family_config(family));
}

TEST(Model, SharedFusedAndTransformedEqualTheReference) {
  for (const auto family : all_families()) {
    const auto config = family_config(family);
    expect_reference_equal(all_shared(config));
    expect_reference_equal(all_shared(config, FusionStrategy::none, kAffine));
    for (const auto strategy : kStrategies) {
      expect_reference_equal(all_shared(config, strategy), Mode::train);
      expect_reference_equal(all_shared(config, strategy, kAffine), Mode::evaluate);
    }
  }
}

TEST(Model, EachComponentAloneEqualsTheReference) {
  for (const auto family : all_families())
    for (int bit = 0; bit < 8; ++bit) {
      const auto component = static_cast<Component>(bit);
      if (!describe(family).components.has(component)) continue;
      auto config = all_shared(family_config(family), FusionStrategy::channel_weighted_mean, kAffine);
      config.components = {component};
      expect_reference_equal(config, Mode::train);
    }
}

TEST(Model, OneGroupOfAllLayersEqualsTheReference) {
  for (const auto family : all_families()) {
    auto config = all_shared(family_config(family), FusionStrategy::mean, kAffine);
    config.topology = Topology::from_labels({0, 0, 0, 0});
    expect_reference_equal(config);
  }
}

TEST(Model, RateThatDoesNotDivideTheDepthEqualsTheReference) {
  for (const auto family : all_families()) {
    auto config = all_shared(family_config(family), FusionStrategy::scalar_weighted_mean, kAffine);
    config.network.depth = 5;
    config.topology = Topology::from_labels({0, 0, 0, 1, 1});
    expect_reference_equal(config);
    config.topology = Topology::from_labels({0, 1, 0, 1, 0});
    expect_reference_equal(config);
  }
}

TEST(Model, OtherShapesAndOptionsEqualTheReference) {
  for (const auto family : all_families()) {
    auto config = family_config(family);
    config.network.activation = Activation::relu;
    config.network.pointwise_residual = true;
    config.network.kernel = 5;
    config.network.layer_scale = 0.5;
    config.network.heads = 4;
    config.network.mlp_ratio = 1.5;
    config.network.token_ratio = 1.25;
    config.network.patch = 6;  // 28 = 4 * 6 + 4: the rest of the image is not seen
    expect_reference_equal(canonical(config));
    config.dataset.facts.channels = 3;
    config.network.patch = 28;  // one position
    expect_reference_equal(canonical(config));
  }
}

TEST(Model, TransformOfOneChannelAndOfAll) {
  for (const auto family : all_families())
    for (const int group : {1, 8})
      expect_reference_equal(
          all_shared(family_config(family), FusionStrategy::none, {TransformKind::affine, group}),
          Mode::train);
}

void expect_gradients_equal_differences(const Train& config) {
  SCOPED_TRACE(config_text(config));
  const auto model = make_model(config);
  scatter(*model, 9);
  to_double(*model);
  const auto images = random_images(config, 4).to(torch::kDouble);
  const auto mask = torch::randn({4, config.dataset.facts.classes}, torch::kDouble);
  const auto loss = [&] { return (model->forward(images, model->weights(), Mode::train) * mask).sum(); };
  loss().backward();
  std::mt19937 random(3);
  const torch::NoGradGuard no_grad;
  for (const auto& parameter : model->parameters()) {
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
      EXPECT_NEAR(gradient[i].item<double>(), (above - below) / (2 * kStep), 2e-5)
          << parameter.name << " " << i;
    }
  }
}

TEST(Model, GradientsEqualFiniteDifferences) {
  for (const auto family : all_families()) {
    expect_gradients_equal_differences(family_config(family));
    expect_gradients_equal_differences(all_shared(family_config(family), FusionStrategy::none, kAffine));
    for (const auto strategy : kStrategies)
      expect_gradients_equal_differences(all_shared(family_config(family), strategy, kAffine));
  }
}

TEST(Model, SeedDecidesTheInitialWeights) {
  for (const auto family : all_families()) {
    auto config = family_config(family);
    const auto weight = [&] { return make_model(config)->parameters().front().value; };
    const auto first = weight();
    torch::manual_seed(99);
    EXPECT_TRUE(weight().equal(first));
    config.seed = 1;
    EXPECT_FALSE(weight().equal(first));
  }
}

TEST(Model, InitialValuesAreThePublished) {
  auto config = family_config(Family::convmixer);
  config.network.channels = 64;
  const auto find = [&](const std::string& name) {
    for (const auto& parameter : make_model(config)->parameters())
      if (parameter.name == name) return parameter.value.detach();
    throw std::out_of_range("no parameter " + name);
  };
  const auto pointwise = find("pointwise.weight")[3].abs().max().item<float>();
  EXPECT_LE(pointwise, 1 / 8.0F);  // PyTorch's default: 1 / sqrt(fan in)
  EXPECT_GT(pointwise, 0.99F / 8.0F);
  const auto depthwise_bias = find("depthwise.bias")[0].abs().max().item<float>();
  EXPECT_LE(depthwise_bias, 1 / 3.0F);
  EXPECT_GT(depthwise_bias, 0.9F / 3.0F);

  config.network.layer_scale = 1e-6;
  for (const auto family : {Family::convnext, Family::mlp_mixer, Family::deit}) {
    config.network.family = family;
    const auto expand = find("expand.weight")[2];  // [256, 64]
    EXPECT_NEAR(expand.std().item<double>(), 0.02, 0.001);
    EXPECT_NEAR(expand.mean().item<double>(), 0, 0.001);
    EXPECT_TRUE(find("expand.bias")[2].eq(0).all().item<bool>());
  }
  EXPECT_NEAR(find("positions").std().item<double>(), 0.02, 0.002);
  config.network.family = Family::convnext;
  EXPECT_TRUE(find("scale.weight")[1].eq(1e-6F).all().item<bool>());
}

TEST(Model, ParameterNamesAreUnique) {
  for (const auto family : all_families()) {
    const auto model =
        make_model(all_shared(family_config(family), FusionStrategy::channel_weighted_mean, kAffine));
    std::set<std::string> names;
    for (const auto& parameter : model->parameters())
      EXPECT_TRUE(names.insert(parameter.name).second) << parameter.name;
    for (const auto& buffer : model->buffers()) EXPECT_TRUE(names.insert(buffer.name).second) << buffer.name;
  }
}

TEST(LayerNorm, TakesBfloat16BesideFloatParameters) {
  const auto x = torch::randn({6, 8});
  const WeightAndBias norm{torch::rand({8}), torch::rand({8})};
  const auto normed = layer_norm(x.to(torch::kBFloat16), norm);
  EXPECT_TRUE(torch::allclose(normed.to(torch::kFloat), layer_norm(x, norm), 0.02, 0.02));
}

TEST(Model, ConvMixerKeepsTheLayoutOfItsCheckpoints) {
  auto config = family_config(Family::convmixer);
  config.network.depth = 2;
  config.topology = Topology::from_labels({0, 0});
  config.components = {Component::pointwise};
  config.fusion = {FusionStrategy::scalar_weighted_mean, FusionInit::random};
  std::vector<std::string> names;
  for (const auto& parameter : make_model(config)->parameters()) names.push_back(parameter.name);
  const std::vector<std::string> expected{"embed.weight",
                                          "embed.bias",
                                          "embed.norm.weight",
                                          "embed.norm.bias",
                                          "depthwise.weight",
                                          "depthwise.bias",
                                          "depthwise.norm.weight",
                                          "depthwise.norm.bias",
                                          "pointwise.weight",
                                          "pointwise.fusion.weight",
                                          "pointwise.bias",
                                          "pointwise.norm.weight",
                                          "pointwise.norm.bias",
                                          "head.weight",
                                          "head.bias"};
  EXPECT_EQ(names, expected);
}

TEST(Model, TransformAndMeansStartAsPlainSharing) {
  for (const auto family : all_families()) {
    const auto plain = make_model(all_shared(family_config(family), FusionStrategy::mean));
    const auto images = random_images(family_config(family), 3);
    const torch::NoGradGuard no_grad;
    const auto expected = plain->forward(images, plain->weights(), Mode::evaluate);
    for (const auto strategy : {FusionStrategy::scalar_weighted_mean, FusionStrategy::channel_weighted_mean,
                                FusionStrategy::pointwise_convolution}) {
      const auto model = make_model(all_shared(family_config(family), strategy, kAffine));
      EXPECT_TRUE(
          torch::allclose(model->forward(images, model->weights(), Mode::evaluate), expected, 1e-4, 1e-6));
    }
  }
}

}  // namespace
}  // namespace spin
