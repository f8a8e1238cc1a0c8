// Single steps of training: averaged weights, accumulated gradients, bf16.
#include "worker/trainer/learner.h"

#include <gtest/gtest.h>

#include "tests/worker/trainer/fixtures.h"

namespace spin {
namespace {

constexpr std::int64_t kBatch = 8;

Train config_of(Family family) {
  auto config = tiny_config();
  config.network.family = family;
  config.training.batch_size = kBatch;
  if (family != Family::deit) return config;
  config.network.kernel = 0;
  config.network.heads = 2;
  return config;
}

Batch batch_of(const Train& config, int number) {
  torch::manual_seed(100 + number);
  const auto side = config.network.resolution;
  const auto images = torch::randn({kBatch, 1, side, side}).contiguous(at::MemoryFormat::ChannelsLast);
  return {images, torch::randint(0, 10, {kBatch}, torch::kLong)};
}

torch::Tensor named(const Learner& learner, const std::string& name) {
  for (const auto& entry : learner.state())
    if (entry.name == name) return entry.tensor.detach().clone();
  ADD_FAILURE() << "no tensor " << name;
  return {};
}

torch::Tensor flat_parameters(Learner& learner) {
  std::vector<torch::Tensor> list;
  for (const auto& parameter : learner.network().parameters())
    list.push_back(parameter.value.detach().flatten());
  return torch::cat(list);
}

TEST(Learner, AveragesParametersAndStatisticsAfterEveryStep) {
  auto config = config_of(Family::convmixer);
  config.training.ema = 0.75;
  Learner learner(config, torch::kCPU, 5);
  learner.begin();
  const std::vector<std::string> names{"embed.norm.mean", "embed.norm.variance"};
  std::vector<torch::Tensor> expected;
  for (const auto& name : names) expected.push_back(named(learner, name).to(torch::kDouble));
  auto weights = flat_parameters(learner).to(torch::kDouble);
  for (int step = 0; step < 4; ++step) {
    PhaseSeconds seconds;
    learner.step(batch_of(config, step), step, seconds);
    for (std::size_t i = 0; i < names.size(); ++i)
      expected[i] = 0.75 * expected[i] + 0.25 * named(learner, names[i]);
    weights = 0.75 * weights + 0.25 * flat_parameters(learner);
  }
  for (std::size_t i = 0; i < names.size(); ++i)
    EXPECT_TRUE(
        torch::allclose(named(learner, "average." + names[i]), expected[i].to(torch::kFloat), 1e-5, 1e-6));

  const auto last = flat_parameters(learner);
  EXPECT_FALSE(torch::allclose(last, weights.to(torch::kFloat), 1e-4, 1e-4));
  learner.exchange_average();
  EXPECT_TRUE(torch::allclose(flat_parameters(learner), weights.to(torch::kFloat), 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(named(learner, names[0]), expected[0].to(torch::kFloat), 1e-5, 1e-6));
  learner.exchange_average();
  EXPECT_TRUE(flat_parameters(learner).equal(last));
  learner.load_kept();
  EXPECT_TRUE(torch::allclose(flat_parameters(learner), weights.to(torch::kFloat), 1e-5, 1e-6));
}

TEST(Learner, KeepsTheBest) {
  auto config = config_of(Family::convmixer);
  config.training.keep = Keep::best;
  Learner learner(config, torch::kCPU, 5);
  learner.begin();
  PhaseSeconds seconds;
  learner.step(batch_of(config, 0), 0, seconds);
  learner.keep_best();
  const auto best = flat_parameters(learner);
  learner.step(batch_of(config, 1), 1, seconds);
  EXPECT_FALSE(flat_parameters(learner).equal(best));
  learner.load_kept();
  EXPECT_TRUE(flat_parameters(learner).equal(best));
}

/// The parameters after one step of plain gradient descent of rate 1, and the loss.
std::pair<torch::Tensor, double> after_one_step(Train config, int accumulation) {
  auto& training = config.training;
  training.accumulation = accumulation;
  training.optimizer = Optimizer::sgd;
  training.momentum = 0;
  training.weight_decay = 0;
  training.schedule = Schedule::constant;
  training.lr = 1;
  training.clip_grad_norm = 0;
  Learner learner(config, torch::kCPU, 5);
  learner.begin();
  PhaseSeconds seconds;
  const auto loss = learner.step(batch_of(config, 0), 0, seconds);
  return {flat_parameters(learner), loss.item<double>()};
}

TEST(Learner, AccumulatedGradientsAreThoseOfOnePass) {
  for (const auto family : {Family::convnext, Family::deit}) {
    auto config = config_of(family);
    for (const bool mixed : {false, true}) {
      if (mixed) {
        config.training.cutmix = 1;
        config.training.random_erasing = 0.5;
      }
      const auto [whole, loss] = after_one_step(config, 1);
      for (const int passes : {2, 4, 8}) {
        const auto [split, split_loss] = after_one_step(config, passes);
        EXPECT_NEAR(split_loss, loss, 1e-5);
        EXPECT_TRUE(torch::allclose(split, whole, 1e-4, 1e-6))
            << (split - whole).abs().max() << " in " << passes << " passes";
      }
    }
  }
}

TEST(Learner, Bf16StaysNearFp32AndKeepsParametersInFp32) {
  for (const auto family : {Family::convmixer, Family::convnext, Family::deit}) {
    auto config = config_of(family);
    config.topology = Topology::from_labels({0, 0, 1, 1});
    config.components = family == Family::deit ? Components{Component::attention, Component::mlp}
                                               : Components{Component::pointwise};
    config.fusion = {FusionStrategy::channel_weighted_mean, FusionInit::random};
    config.training.lr = 0.002;
    std::vector<std::vector<double>> losses;
    for (const auto precision : {Precision::fp32, Precision::bf16}) {
      config.training.precision = precision;
      Learner learner(config, torch::kCPU, 10);
      learner.begin();
      losses.emplace_back();
      PhaseSeconds seconds;
      for (int step = 0; step < 10; ++step)
        losses.back().push_back(learner.step(batch_of(config, step % 2), step, seconds).item<double>());
      EXPECT_TRUE(learner.is_finite());
      for (const auto& entry : learner.state())
        EXPECT_EQ(entry.tensor.scalar_type(), torch::kFloat) << entry.name;
    }
    EXPECT_NE(losses[0], losses[1]) << "bf16 was not used";
    for (std::size_t step = 0; step < losses[0].size(); ++step)
      EXPECT_NEAR(losses[1][step], losses[0][step], 0.1 * losses[0][step]) << "step " << step;
  }
}

}  // namespace
}  // namespace spin
