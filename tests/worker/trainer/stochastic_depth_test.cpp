// Stochastic depth: rates over the blocks, which images lose a branch, and blocks against a reference.
#include "worker/trainer/stochastic_depth.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/worker/trainer/fixtures.h"
#include "worker/trainer/convnext.h"
#include "worker/trainer/deit.h"

namespace spin {
namespace {

constexpr std::int64_t kDepthImages = 6;

TEST(StochasticDepth, RateGrowsLinearlyOverTheBlocks) {
  // torch.linspace(0, 0.4, 5)
  const double expected[] = {0, 0.1, 0.2, 0.3, 0.4};
  for (std::size_t layer = 0; layer < 5; ++layer)
    EXPECT_NEAR(StochasticDepth::of_block(layer, 5, 0.4).drop, expected[layer], 1e-15);
  EXPECT_EQ(StochasticDepth::of_block(0, 1, 0.4).drop, 0);
}

TEST(StochasticDepth, KeepsWholeImagesAndTheMean) {
  torch::manual_seed(3);
  constexpr std::int64_t kMany = 4000;
  const auto kept = StochasticDepth{0.2}(torch::ones({kMany * 4, 3}), kMany).view({kMany, 12});
  EXPECT_TRUE(kept.eq(kept.narrow(1, 0, 1)).all().item<bool>()) << "an image is kept or left out as a whole";
  EXPECT_TRUE(kept.eq(0).logical_or(kept.eq(1.25)).all().item<bool>());
  const double dropped = kept.eq(0).narrow(1, 0, 1).sum().item<double>();
  EXPECT_NEAR(dropped, kMany * 0.2, 5 * std::sqrt(kMany * 0.2 * 0.8));
  const auto x = torch::randn({4, 3});
  EXPECT_TRUE(StochasticDepth()(x, 4).equal(x));
}

/// What a reference draws after the same seed: [N, 1, 1].
torch::Tensor drawn_mask(double drop) {
  return torch::empty({kDepthImages, 1}).bernoulli_(1 - drop).div(1 - drop).unsqueeze(2);
}

WeightAndBias random_weight_and_bias(std::int64_t out, std::int64_t in) {
  return {torch::randn({out, in}) / 3, torch::randn({out})};
}

TEST(StochasticDepth, LeavesOutBranchesOfADeitBlock) {
  torch::manual_seed(1);
  const auto x = torch::randn({kDepthImages, 5, 8});
  const WeightAndBias norm{torch::ones({8}), torch::zeros({8})};
  const DeitWeights weights{norm,
                            {random_weight_and_bias(24, 8), random_weight_and_bias(8, 8)},
                            norm,
                            {random_weight_and_bias(16, 8), random_weight_and_bias(8, 16)}};
  torch::manual_seed(9);
  const auto out = deit_block(x, weights, 2, StochasticDepth{0.5});
  torch::manual_seed(9);
  const auto first = drawn_mask(0.5);
  const auto second = drawn_mask(0.5);
  const auto y = x + first * attention(layer_norm(x, norm), weights.attention, 2);
  const auto rows = layer_norm(y, norm).reshape({-1, 8});
  const auto expected = y + second * mlp(rows, weights.mlp, Activation::gelu).view(x.sizes());
  EXPECT_TRUE(torch::allclose(out, expected, 1e-5, 1e-6));
  EXPECT_FALSE(first.equal(second)) << "each branch is drawn on its own";
}

TEST(StochasticDepth, LeavesOutTheBranchOfAConvNextBlock) {
  torch::manual_seed(1);
  const auto x = torch::randn({kDepthImages, 8, 4, 4}).contiguous(torch::MemoryFormat::ChannelsLast);
  const WeightAndBias norm{torch::ones({8}), torch::zeros({8})};
  const ConvNextWeights weights{{torch::randn({8, 1, 3, 3}), torch::randn({8})},
                                norm,
                                {random_weight_and_bias(16, 8), random_weight_and_bias(8, 16)},
                                torch::randn({8})};
  const auto change = convnext_block(x, weights, Activation::gelu) - x;
  torch::manual_seed(9);
  const auto out = convnext_block(x, weights, Activation::gelu, StochasticDepth{0.5});
  torch::manual_seed(9);
  EXPECT_TRUE(torch::allclose(out, x + drawn_mask(0.5).unsqueeze(3) * change, 1e-4, 1e-5));
}

TEST(StochasticDepth, IsPartOfTrainingAndNotOfEvaluation) {
  for (const auto family : {Family::convnext, Family::deit}) {
    auto config = tiny_config();
    config.network.family = family;
    if (family == Family::deit) {
      config.network.kernel = 0;
      config.network.heads = 2;
    }
    const auto plain = make_model(config);
    config.training.stochastic_depth = 0.5;
    const auto deep = make_model(config);
    torch::manual_seed(4);
    const auto images = torch::randn({kDepthImages, 1, 28, 28}).contiguous(torch::MemoryFormat::ChannelsLast);
    const auto run = [&](const Model& model, Mode mode) {
      const torch::NoGradGuard no_grad;
      return model.forward(images, model.weights(), mode);
    };
    EXPECT_TRUE(run(*deep, Mode::evaluate).equal(run(*plain, Mode::evaluate)));
    EXPECT_FALSE(run(*deep, Mode::train).equal(run(*plain, Mode::train)));
  }
}

}  // namespace
}  // namespace spin
