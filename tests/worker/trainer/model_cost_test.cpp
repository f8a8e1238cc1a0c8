// What a model counts on its tensors and operations, against the design space's formulas.
#include <random>

#include <gtest/gtest.h>

#include "tests/worker/trainer/fixtures.h"
#include "tests/worker/trainer/models.h"
#include "worker/trainer/flops.h"

namespace spin {
namespace {

class Dice {
 public:
  int pick(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
  }
  bool flip() { return pick(0, 1) != 0; }

 private:
  std::mt19937 random_{11};
};

JobConfig random_config(Family family, Dice& dice) {
  auto config = family_config(family);
  auto& network = config.network;
  network.depth = dice.pick(1, 6);
  network.patch = dice.pick(3, 28);
  network.channels = 4 * dice.pick(1, 5);
  network.kernel = 2 * dice.pick(0, 3) + 1;
  network.heads = 1 << dice.pick(0, 2);
  network.mlp_ratio = dice.pick(1, 4);
  network.layer_scale = dice.flip() ? 0.1 : 0;
  network.dropout = dice.flip() ? 0.2 : 0;
  network.pointwise_residual = dice.flip();
  if (dice.flip()) network.activation = Activation::relu;
  config.dataset.facts.channels = dice.pick(1, 3);
  config.dataset.facts.classes = dice.pick(1, 100);
  std::vector<int> labels;
  for (int layer = 0; layer < network.depth; ++layer) labels.push_back(dice.pick(0, network.depth - 1));
  config.topology = Topology::from_labels(labels);
  for (int bit = 0; bit < 8; ++bit)
    if (family_components(family).has(static_cast<Component>(bit)) && dice.flip())
      config.components.add(static_cast<Component>(bit));
  if (dice.flip())
    config.fusion.strategy =
        kStrategies[static_cast<std::size_t>(dice.pick(0, static_cast<int>(kStrategies.size()) - 1))];
  if (dice.flip()) config.transform = {TransformKind::affine, 1 << dice.pick(0, 2)};
  return canonical(config);
}

std::int64_t elements(const std::vector<Parameter>& parameters) {
  std::int64_t sum = 0;
  for (const auto& parameter : parameters) sum += parameter.value.numel();
  return sum;
}

std::int64_t elements(const std::vector<NamedTensor>& tensors) {
  std::int64_t sum = 0;
  for (const auto& entry : tensors) sum += entry.tensor.numel();
  return sum;
}

TEST(ModelCost, EqualsTheDesignSpacesFormulas) {
  Dice dice;
  for (const auto family : kFamilies)
    for (int i = 0; i < 150; ++i) {
      const auto config = random_config(family, dice);
      const auto model = make_model(config);
      ASSERT_EQ(model->cost(), cost_of(config)) << config_text(config);
      ASSERT_EQ(elements(model->parameters()), trained_params(config)) << config_text(config);
      ASSERT_EQ(elements(model->buffers()), norm_statistics(config)) << config_text(config);
    }
}

JobConfig on_imagenet(Family family, int channels, int depth, int patch) {
  auto config = family_config(family);
  config.dataset.facts = {3, 1000, 224, 0, 0};
  config.network.channels = channels;
  config.network.depth = depth;
  config.network.patch = patch;
  config.network.resolution = 224;
  config.topology = Topology::unshared(depth);
  return config;
}

Topology topology_of(int depth, int rate) {
  std::vector<int> labels;
  for (int layer = 0; layer < depth; ++layer) labels.push_back(layer / rate);
  return Topology::from_labels(labels);
}

TEST(ModelCost, IsThePapersForConvMixer) {
  auto config = on_imagenet(Family::convmixer, 768, 32, 14);
  EXPECT_EQ(make_model(config)->cost().params, 20'465'896);
  EXPECT_NEAR(static_cast<double>(make_model(config)->cost().flops) / 1e9, 5.0304, 0.00005);
  config.topology = topology_of(32, 2);
  config.components = {Component::pointwise};
  EXPECT_EQ(make_model(config)->cost().params, 11'028'712);
  config.components = {Component::pointwise, Component::depthwise, Component::bias, Component::bn};
  EXPECT_EQ(make_model(config)->cost().params, 10'844'392);
  // Table 2 at 64 channels a group: 16 layers add 768 * 64 + 768 parameters and 768 * 768 * 64 FLOPs each.
  config.components = {Component::pointwise};
  const auto plain = make_model(config)->cost();
  config.transform = {TransformKind::affine, 64};
  const auto transformed = make_model(config)->cost();
  EXPECT_EQ(transformed.params - plain.params, 16 * (768 * 64 + 768));
  EXPECT_EQ(transformed.flops - plain.flops, 16LL * 768 * 768 * 64);
}

TEST(Flops, AreThoseOfTheOperationsByHand) {
  const auto images = torch::zeros({1, 3, 8, 8});
  EXPECT_EQ(count_flops([&] {
              (void)torch::conv2d(images, torch::zeros({5, 3, 2, 2}), {}, /*stride=*/2);
            }),
            5 * 3 * 2 * 2 * 16);
  EXPECT_EQ(count_flops([&] {
              (void)torch::conv2d(images, torch::zeros({3, 1, 3, 3}), {}, 1, /*padding=*/1, 1, /*groups=*/3);
            }),
            3 * 9 * 64);
  EXPECT_EQ(count_flops([] { (void)torch::linear(torch::zeros({7, 4}), torch::zeros({6, 4})); }), 7 * 4 * 6);
  EXPECT_EQ(count_flops([] {
              (void)torch::linear(torch::zeros({2, 7, 4}), torch::zeros({6, 4}), torch::zeros({6}));
            }),
            2 * 7 * 4 * 6);
  EXPECT_EQ(count_flops([] {
              (void)torch::bmm(torch::zeros({2, 3, 4}), torch::zeros({2, 4, 5}));
            }),
            2 * 3 * 4 * 5);
  EXPECT_EQ(count_flops([&] { (void)torch::layer_norm(images, {8, 8}); }), 5 * 3 * 64);
  EXPECT_EQ(count_flops([&] { (void)torch::gelu(images).mean(); }), 0);
}

}  // namespace
}  // namespace spin
