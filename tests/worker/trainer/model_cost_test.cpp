// What a model counts on its tensors and operations, against the design space's formulas.
#include <random>

#include <gtest/gtest.h>

#include "schema/design/cost.h"
#include "schema/design/family.h"
#include "tests/worker/trainer/fixtures.h"
#include "tests/worker/trainer/flops.h"
#include "tests/worker/trainer/models.h"

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

Train random_config(Family family, Dice& dice) {
  auto config = family_config(family);
  auto& network = config.network;
  network.depth = dice.pick(1, 6);
  network.patch = dice.pick(3, 28);
  network.channels = 4 * dice.pick(1, 5);
  network.kernel = 2 * dice.pick(0, 3) + 1;
  network.heads = 1 << dice.pick(0, 2);
  network.mlp_ratio = dice.pick(1, 4);
  network.token_ratio = 0.25 * dice.pick(1, 4);
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
    if (describe(family).components.has(static_cast<Component>(bit)) && dice.flip())
      config.components.add(static_cast<Component>(bit));
  if (dice.flip())
    config.fusion.strategy =
        kStrategies[static_cast<std::size_t>(dice.pick(0, static_cast<int>(kStrategies.size()) - 1))];
  if (dice.flip()) config.transform = {TransformKind::affine, 1 << dice.pick(0, 2)};
  for (const auto& tensor : inventory_of(config).block)
    if (is_transformed(tensor, config) && tensor.out() % config.transform.group != 0)
      config.transform.group = 1;
  return canonical(config);
}

/// Parameters counted on the tensors of the folded network, FLOPs on the operations of one image's forward
/// pass.
Cost measured_cost(const Train& config) {
  const torch::NoGradGuard no_grad;
  const auto model = make_model(config);
  Cost cost;
  for (const auto& entry : model->folded()) cost.params += entry.tensor.numel();
  for (const auto& entry : inventory_of(config).block)
    if (!is_parameter(entry.role))
      cost.params -= entry.elements() *
                     (is_shared(entry, config) ? config.topology.group_count() : config.topology.depth());
  cost.params -= inventory_of(config).outside_statistics();
  // Fusion is folded away, so it costs nothing; transforms are part of the network.
  auto plain = config;
  plain.fusion = {};
  const auto folded = make_model(canonical(plain));
  const auto image = random_images(config, 1);
  cost.flops = count_flops([&] { (void)folded->forward(image, folded->weights(), Mode::evaluate); });
  return cost;
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
  for (const auto family : all_families())
    for (int i = 0; i < 150; ++i) {
      const auto config = random_config(family, dice);
      const auto model = make_model(config);
      ASSERT_EQ(measured_cost(config), cost_of(config)) << config_text(config);
      ASSERT_EQ(elements(model->parameters()), trained_params(config)) << config_text(config);
      ASSERT_EQ(elements(model->buffers()), norm_statistics(config)) << config_text(config);
    }
}

Train on_imagenet(Family family, int channels, int depth, int patch) {
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
  EXPECT_EQ(measured_cost(config).params, 20'465'896);
  EXPECT_NEAR(static_cast<double>(measured_cost(config).flops) / 1e9, 5.0304, 0.00005);
  config.topology = topology_of(32, 2);
  config.components = {Component::pointwise};
  EXPECT_EQ(measured_cost(config).params, 11'028'712);
  config.components = {Component::pointwise, Component::depthwise, Component::bias, Component::bn};
  EXPECT_EQ(measured_cost(config).params, 10'844'392);
  // Table 2 at 64 channels a group: 16 layers add 768 * 64 + 768 parameters and 768 * 768 * 64 FLOPs each.
  config.components = {Component::pointwise};
  const auto plain = measured_cost(config);
  config.transform = {TransformKind::affine, 64};
  const auto transformed = measured_cost(config);
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
