#include "schema/design/memory.h"

#include <gtest/gtest.h>

#include "schema/design/cost.h"
#include "tests/schema/design/example_config.h"

namespace spin {
namespace {

Train small() {
  auto config = convmixer(64, 8, 4, 3, "fashion-mnist");
  config.training.batch_size = 128;
  return config;
}

TEST(Memory, CountsConvMixerByHand) {
  const auto config = small();
  const std::int64_t params = cost_of(config).params;
  const auto memory = training_memory(config);
  EXPECT_EQ(memory.parameters, 4 * params);
  EXPECT_EQ(memory.gradients, 4 * params);
  EXPECT_EQ(memory.optimizer, 4 * 3 * params);  // two moments and scratch space
  // 49 positions of 64 channels. The image; GELU's input and BatchNorm's in the embedding; in each block the
  // inputs of two convolutions, two GELUs and two BatchNorms.
  EXPECT_EQ(memory.activations, 4LL * 128 * (28 * 28 + (2 + 8 * 6) * 49 * 64));
  EXPECT_EQ(memory.workspace, 4LL * 128 * 3 * 49 * 64);
  EXPECT_EQ(memory.total(),
            memory.parameters + memory.gradients + memory.optimizer + memory.activations + memory.workspace);
}

TEST(Memory, FollowsTheRecipe) {
  const auto base = training_memory(small());
  const auto with = [](auto edit) {
    auto config = small();
    edit(config.training);
    return training_memory(config);
  };
  EXPECT_EQ(with([](auto& t) { t.accumulation = 4; }).activations * 4, base.activations);
  EXPECT_EQ(with([](auto& t) { t.precision = Precision::bf16; }).activations * 2, base.activations);
  EXPECT_EQ(with([](auto& t) { t.optimizer = Optimizer::sgd; }).optimizer * 3, base.optimizer * 2);
  EXPECT_EQ(with([](auto& t) { t.ema = 0.99; }).parameters, 2 * base.parameters);
}

TEST(Memory, ReLUKeepsLessThanGELU) {
  auto config = small();
  config.network.activation = Activation::relu;
  EXPECT_EQ(training_memory(config).activations, 4LL * 128 * (28 * 28 + (1 + 8 * 4) * 49 * 64));
}

TEST(Memory, SharingSavesParametersNotActivations) {
  const auto unshared = training_memory(small());
  const auto rate_4 = training_memory(shared(small(), 4));
  EXPECT_LT(rate_4.parameters, unshared.parameters);
  EXPECT_EQ(rate_4.activations, unshared.activations);
}

TEST(Memory, NeverOverflows) {
  auto config = convmixer(16'384, 1'024, 8, 3);
  config.network.resolution = 4'096;
  config.training.batch_size = 1'000'000;
  EXPECT_GT(training_memory(config).total(), std::int64_t{1} << 59);
}

TEST(Memory, CheckpointsHoldParametersMomentsAndStatistics) {
  auto config = small();
  const auto params = cost_of(config).params;
  const auto statistics = norm_statistics(config);
  EXPECT_EQ(checkpoint_bytes(config), 4 * (3 * params + statistics));
  config.training.keep = Keep::best;
  EXPECT_EQ(checkpoint_bytes(config), 4 * (4 * params + 2 * statistics));
}

}  // namespace
}  // namespace spin
