// What fp32 and bf16 mean: no TF32, and logits that do not tie.
#include <ATen/Context.h>
#include <gtest/gtest.h>

#include "tests/worker/trainer/fixtures.h"
#include "worker/trainer/autocast.h"
#include "worker/trainer/evaluation.h"
#include "worker/trainer/model.h"
#include "worker/trainer/runtime.h"

namespace spin {
namespace {

TEST(Precision, Fp32IsNotTf32) {
  at::globalContext().setAllowTF32CuBLAS(true);
  at::globalContext().setAllowTF32CuDNN(true);
  ASSERT_TRUE(prepare_runtime("cpu", 1).ok());
  EXPECT_FALSE(at::globalContext().allowTF32CuBLAS());
  EXPECT_FALSE(at::globalContext().allowTF32CuDNN());
}

TEST(Precision, LogitsThatTieInBf16AreToldApart) {
  const auto features = torch::ones({3, 8}).to(torch::kBFloat16);
  // Logits 1, 1 + 2^-9 and 0.5; numbers of bf16 near 1 are 2^-7 apart.
  auto weight = torch::full({3, 8}, 0.125F);
  weight[1].add_(1.0F / (1 << 12));
  weight[2].fill_(0.0625F);
  const WeightAndBias head{weight, torch::zeros({3})};
  const auto tied = torch::linear(features, weight.to(torch::kBFloat16));
  ASSERT_TRUE(tied.select(1, 0).equal(tied.select(1, 1))) << "a head in bf16 cannot tell";
  const c10::InferenceMode inference;
  const Autocast autocast(torch::kCPU, Precision::bf16);
  const auto logits = classify(features, head, 0, Mode::evaluate);
  EXPECT_EQ(count_in_top(logits, torch::full({3}, 1, torch::kLong), 1).item<int>(), 3);
  EXPECT_EQ(count_in_top(logits, torch::full({3}, 0, torch::kLong), 1).item<int>(), 0);
}

TEST(Precision, EveryFamilyGivesLogitsInFp32) {
  for (const auto family : {Family::convmixer, Family::convnext, Family::deit}) {
    auto config = tiny_config();
    config.network.family = family;
    if (family == Family::deit) {
      config.network.kernel = 0;
      config.network.heads = 2;
    }
    const auto network = make_model(config);
    const auto images = torch::randn({2, 1, 28, 28}).contiguous(torch::MemoryFormat::ChannelsLast);
    for (const auto mode : {Mode::train, Mode::evaluate}) {
      const auto weights = network->weights();
      const Autocast autocast(torch::kCPU, Precision::bf16);
      EXPECT_EQ(network->forward(images, weights, mode).scalar_type(), torch::kFloat);
    }
  }
}

}  // namespace
}  // namespace spin
