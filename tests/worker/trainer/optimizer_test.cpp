// Learning rate schedules, optimizers, clipping and top-k against other sources.
#include "worker/trainer/optimizer.h"

#include <cmath>

#include <gtest/gtest.h>

#include "worker/trainer/evaluation.h"
#include "worker/trainer/schedule.h"

namespace spin {
namespace {

Training recipe(Schedule schedule, double lr, double warmup_epochs) {
  Training training;
  training.schedule = schedule;
  training.lr = lr;
  training.warmup_epochs = warmup_epochs;
  return training;
}

struct Expected {
  std::int64_t step;
  double rate;
};

TEST(LearningRate, OneCycleIsPyTorchs) {
  // torch.optim.lr_scheduler.OneCycleLR(opt, 0.01, 156, pct_start=0.2) of PyTorch 1.13
  const LearningRate fifth(recipe(Schedule::one_cycle, 0.01, 0), 156, 156);
  for (const auto [step, rate] : {Expected{0, 0.0003999999999999993}, Expected{1, 0.0004259480917069014},
                                  Expected{10, 0.0027712293461420187}, Expected{30, 0.009998961177310351},
                                  Expected{31, 0.009998986148979672}, Expected{100, 0.004073999360342988},
                                  Expected{154, 1.6241121040725273e-06}, Expected{155, 4e-08}})
    EXPECT_NEAR(fifth.at(step), rate, 1e-12) << step;
  // OneCycleLR(opt, 0.4, 50, pct_start=0.1): one of ten epochs of five steps
  const LearningRate tenth(recipe(Schedule::one_cycle, 0.4, 1), 5, 50);
  for (const auto [step, rate] :
       {Expected{0, 0.016}, Expected{1, 0.07223549801218293}, Expected{10, 0.38270916069215405},
        Expected{32, 0.12507978100209233}, Expected{49, 1.6e-06}})
    EXPECT_NEAR(tenth.at(step), rate, 1e-12) << step;
}

TEST(LearningRate, OneCycleRisesForPctStart) {
  auto training = recipe(Schedule::one_cycle, 0.4, 0);
  training.pct_start = 0.1;  // the second of the two above
  const LearningRate tenth(training, 5, 50);
  for (const auto [step, rate] :
       {Expected{0, 0.016}, Expected{1, 0.07223549801218293}, Expected{10, 0.38270916069215405},
        Expected{32, 0.12507978100209233}, Expected{49, 1.6e-06}})
    EXPECT_NEAR(tenth.at(step), rate, 1e-12) << step;
}

TEST(LearningRate, MomentumCyclesAgainstTheRate) {
  auto training = recipe(Schedule::one_cycle, 0.4, 0);
  training.pct_start = 0.1;
  EXPECT_EQ(LearningRate(training, 5, 50).momentum_at(7), 0.9) << "adamw's first beta";
  training.optimizer = Optimizer::sgd;
  training.momentum = 0.7;
  EXPECT_EQ(LearningRate(training, 5, 50).momentum_at(7), 0.7);
  training.cycle_momentum = true;
  const LearningRate cycle(training, 5, 50);
  // OneCycleLR's formula by hand: half a cosine wave from 0.95 at step 0 to 0.85 at step 4, and back at 49.
  for (const auto [step, momentum] : {Expected{0, 0.95}, Expected{2, 0.9}, Expected{4, 0.85},
                                      Expected{32, 0.918730329670796}, Expected{49, 0.95}})
    EXPECT_NEAR(cycle.momentum_at(step), momentum, 1e-12) << step;
  training.schedule = Schedule::cosine;
  EXPECT_EQ(LearningRate(training, 5, 50).momentum_at(7), 0.7) << "only one_cycle cycles";
}

TEST(LearningRate, LinearOneCycleIsThatOfConvMixersAuthors) {
  // numpy.interp((step + 1) / 10, [0, 2/5, 4/5, 1], [0, lr, lr / 20, 0])
  const LearningRate rate(recipe(Schedule::one_cycle_linear, 0.01, 0), 2, 10);
  const double expected[] = {0.0025, 0.005, 0.0075, 0.01, 0.007625, 0.00525, 0.002875, 0.0005, 0.00025, 0};
  for (std::int64_t step = 0; step < 10; ++step) EXPECT_NEAR(rate.at(step), expected[step], 1e-15) << step;
}

TEST(LearningRate, CosineFallsFromThePeakToNothing) {
  const LearningRate rate(recipe(Schedule::cosine, 0.8, 0), 10, 100);
  EXPECT_DOUBLE_EQ(rate.at(0), 0.8);
  EXPECT_DOUBLE_EQ(rate.at(50), 0.4);
  EXPECT_NEAR(rate.at(25), 0.8 * (1 + std::sqrt(0.5)) / 2, 1e-12);
  EXPECT_GT(rate.at(99), 0);
}

TEST(LearningRate, WarmUpRisesInEqualSteps) {
  for (const auto schedule : {Schedule::cosine, Schedule::constant}) {
    const LearningRate rate(recipe(schedule, 0.1, 2), 5, 100);
    EXPECT_NEAR(rate.at(0), 0.01, 1e-12);
    EXPECT_NEAR(rate.at(4), 0.05, 1e-12);
    EXPECT_NEAR(rate.at(9), 0.1, 1e-12);
    EXPECT_NEAR(rate.at(10), 0.1, 1e-12);
  }
  EXPECT_DOUBLE_EQ(LearningRate(recipe(Schedule::constant, 0.1, 0), 5, 100).at(99), 0.1);
}

TEST(LearningRate, CosineFallsFromTheEndOfTheWarmUp) {
  const LearningRate rate(recipe(Schedule::cosine, 0.8, 2), 5, 100);  // 10 of 100 steps
  EXPECT_DOUBLE_EQ(rate.at(5), 0.8 * 6 / 10);
  EXPECT_DOUBLE_EQ(rate.at(10), 0.8);
  EXPECT_DOUBLE_EQ(rate.at(55), 0.4);                                   // half of the 90 that are left
  EXPECT_NEAR(rate.at(40), 0.8 * (1 + std::cos(M_PI / 3)) / 2, 1e-12);  // a third
}

TEST(LearningRate, ConstantStaysAfterTheWarmUp) {
  const LearningRate rate(recipe(Schedule::constant, 0.3, 0.5), 4, 40);  // 2 of 40 steps
  EXPECT_DOUBLE_EQ(rate.at(0), 0.15);
  for (const std::int64_t step : {1, 2, 3, 39}) EXPECT_DOUBLE_EQ(rate.at(step), 0.3);
}

TEST(LearningRate, ShortestRunsStayWithinBounds) {
  for (const auto schedule : {Schedule::one_cycle, Schedule::cosine, Schedule::constant})
    for (const double warmup : {0.0, 0.3, 1.0, 5.0})
      for (const std::int64_t steps : {1, 2, 3, 7})
        for (std::int64_t step = 0; step < steps; ++step) {
          const double rate = LearningRate(recipe(schedule, 0.1, warmup), 1, steps).at(step);
          EXPECT_TRUE(rate > 0 && rate <= 0.1 + 1e-12) << rate << " at " << step << " of " << steps;
        }
}

void set_momentum(torch::optim::AdamWOptions& options, double momentum) { options.betas({momentum, 0.999}); }
void set_momentum(torch::optim::SGDOptions& options, double momentum) { options.momentum(momentum); }

/// Twenty steps of our optimizer and of PyTorch's on the same gradients. `options` are the decaying
/// parameters' in PyTorch, `plain` the others'.
template <class Reference, class Options>
void expect_equals_pytorchs(const Training& training, const Options& options, const Options& plain) {
  const LearningRate schedule(training, 20, 20);
  torch::manual_seed(1);
  const std::vector<Parameter> ours{{"bias", torch::randn({5}).set_requires_grad(true), false},
                                    {"weight", torch::randn({4, 3}).set_requires_grad(true), true},
                                    {"kernel", torch::randn({2, 2}).set_requires_grad(true), true}};
  std::vector<torch::Tensor> theirs;
  for (const auto& parameter : ours)
    theirs.push_back(parameter.value.detach().clone().set_requires_grad(true));
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::vector{theirs[0]}, std::make_unique<Options>(plain));
  groups.emplace_back(std::vector{theirs[1], theirs[2]}, std::make_unique<Options>(options));
  Reference reference(groups, options);
  FlatParameters parameters(ours, torch::kCPU);
  EXPECT_EQ(parameters.decaying(), 16);
  const auto optimizer = make_optimizer(training, parameters);
  for (int step = 0; step < 20; ++step) {
    for (std::size_t i = 0; i < ours.size(); ++i) {
      theirs[i].mutable_grad() = torch::randn_like(theirs[i]);
      ours[i].value.grad().copy_(theirs[i].grad());
    }
    const double momentum = schedule.momentum_at(step);
    for (auto& group : reference.param_groups())
      set_momentum(static_cast<Options&>(group.options()), momentum);
    reference.step();
    optimizer->step(0.1, momentum);
  }
  for (std::size_t i = 0; i < ours.size(); ++i)
    EXPECT_TRUE(torch::allclose(ours[i].value, theirs[i], 1e-5, 1e-6)) << ours[i].name;
}

TEST(FlatOptimizer, AdamWEqualsPyTorchs) {
  Training training;
  training.weight_decay = 0.3;
  for (const double eps : {1e-8, 1e-3, 0.5})
    for (const bool cycle : {false, true}) {
      SCOPED_TRACE("eps " + std::to_string(eps) + (cycle ? ", cycling" : ""));
      training.eps = eps;
      training.cycle_momentum = cycle;
      const auto options = torch::optim::AdamWOptions(0.1).eps(eps);
      expect_equals_pytorchs<torch::optim::AdamW>(training,
                                                  torch::optim::AdamWOptions(options).weight_decay(0.3),
                                                  torch::optim::AdamWOptions(options).weight_decay(0));
    }
}

TEST(FlatOptimizer, SgdWithCyclingMomentumEqualsPyTorchs) {
  Training training;
  training.optimizer = Optimizer::sgd;
  training.cycle_momentum = true;
  training.momentum = 0;
  training.weight_decay = 0;
  const auto options = torch::optim::SGDOptions(0.1).momentum(0.95).nesterov(true);
  expect_equals_pytorchs<torch::optim::SGD>(training, options, options);
}

TEST(FlatOptimizer, SgdEqualsPyTorchs) {
  Training training;
  training.optimizer = Optimizer::sgd;
  for (const double momentum : {0.0, 0.5, 0.9})
    for (const double weight_decay : {0.0, 0.3}) {
      SCOPED_TRACE("momentum " + std::to_string(momentum) + ", decay " + std::to_string(weight_decay));
      training.momentum = momentum;
      training.weight_decay = weight_decay;
      const auto plain = torch::optim::SGDOptions(0.1).momentum(momentum).nesterov(momentum > 0);
      expect_equals_pytorchs<torch::optim::SGD>(
          training, torch::optim::SGDOptions(plain).weight_decay(weight_decay), plain);
    }
}

TEST(FlatParameters, GradientsOfBackwardLandInTheFlatTensor) {
  const auto weight = torch::ones({2, 2}).set_requires_grad(true);
  FlatParameters parameters({{"weight", weight, true}}, torch::kCPU);
  for (int pass = 0; pass < 2; ++pass) {
    parameters.gradients().zero_();
    (weight * torch::tensor({{1.0F, 2.0F}, {3.0F, 4.0F}})).sum().backward();
    EXPECT_TRUE(parameters.gradients().equal(torch::tensor({1.0F, 2.0F, 3.0F, 4.0F})));
  }
}

TEST(ClipGradients, ScalesToTheNormOnlyWhereItIsExceeded) {
  auto gradients = torch::tensor({3.0F, 4.0F});
  EXPECT_FLOAT_EQ(clip_gradients(gradients, 10).item<float>(), 5);
  EXPECT_TRUE(torch::allclose(gradients, torch::tensor({3.0F, 4.0F})));
  EXPECT_FLOAT_EQ(clip_gradients(gradients, 1).item<float>(), 5) << "before clipping";
  EXPECT_TRUE(torch::allclose(gradients, torch::tensor({0.6F, 0.8F})));
}

TEST(CountInTop, CountsByRank) {
  const auto logits = torch::tensor(
      {{0.1F, 0.9F, 0.5F, 0.3F, 0.2F, 0.0F, -1.0F}, {7.0F, 6.0F, 5.0F, 4.0F, 3.0F, 2.0F, 1.0F}});
  const auto count = [&](std::int64_t first, std::int64_t second, std::int64_t k) {
    return count_in_top(logits, torch::tensor({first, second}), k).item<int>();
  };
  EXPECT_EQ(count(1, 0, 1), 2);
  EXPECT_EQ(count(2, 0, 1), 1);
  EXPECT_EQ(count(0, 4, 5), 2);
  EXPECT_EQ(count(5, 5, 5), 0);
  EXPECT_EQ(count(6, 6, 50), 2);  // fewer classes than k: all
}

}  // namespace
}  // namespace spin
