// Label noise: how many labels are drawn anew, which, and what they become.
#include "worker/trainer/label_noise.h"

#include <cmath>

#include <gtest/gtest.h>

namespace spin {
namespace {

constexpr std::int64_t kImages = 10000;

std::int64_t changed(const torch::Tensor& before, const torch::Tensor& after) {
  return before.ne(after).sum().item<std::int64_t>();
}

TEST(LabelNoise, DrawsExactlyItsShareOfLabels) {
  // Labels that no class has: whatever was drawn shows.
  const auto labels = torch::full({kImages}, 10, torch::kLong);
  for (const double share : {0.0, 0.0001, 0.2, 0.33333, 0.5, 1.0}) {
    const auto noisy = add_label_noise(labels, 10, share, 5);
    EXPECT_EQ(changed(labels, noisy), std::llround(share * kImages)) << share;
    EXPECT_TRUE(noisy.ge(0).all().item<bool>());
  }
  EXPECT_EQ(changed(labels.narrow(0, 0, 7), add_label_noise(labels.narrow(0, 0, 7), 10, 0.5, 5)), 4);
  EXPECT_EQ(add_label_noise(labels.narrow(0, 0, 0), 10, 0.5, 5).size(0), 0);
}

TEST(LabelNoise, IsFixedByTheSeed) {
  const auto labels = torch::arange(kImages).remainder(10);
  const auto noisy = add_label_noise(labels, 10, 0.4, 5);
  EXPECT_TRUE(noisy.equal(add_label_noise(labels, 10, 0.4, 5)));
  EXPECT_FALSE(noisy.equal(add_label_noise(labels, 10, 0.4, 6)));
}

TEST(LabelNoise, LeavesTheLabelsItIsGiven) {
  const auto labels = torch::arange(kImages).remainder(10);
  const auto noisy = add_label_noise(labels, 10, 1, 5);
  EXPECT_TRUE(labels.equal(torch::arange(kImages).remainder(10)));
  EXPECT_NE(noisy.data_ptr(), labels.data_ptr());
}

TEST(LabelNoise, DrawsFromAllClassesAlikeTheOwnIncluded) {
  const auto labels = torch::full({kImages}, 3, torch::kLong);
  const auto counts = torch::bincount(add_label_noise(labels, 10, 1, 5), {}, 10);
  for (int k = 0; k < 10; ++k) EXPECT_NEAR(counts[k].item<double>(), 1000, 5 * std::sqrt(900)) << k;
}

TEST(LabelNoise, ChoosesImagesAlikeFromAllPartsOfTheSet) {
  const auto labels = torch::full({kImages}, 10, torch::kLong);
  const auto chosen = labels.ne(add_label_noise(labels, 10, 0.2, 5)).view({10, kImages / 10}).sum(1);
  for (int tenth = 0; tenth < 10; ++tenth)
    EXPECT_NEAR(chosen[tenth].item<double>(), 200, 5 * std::sqrt(160)) << tenth;
}

}  // namespace
}  // namespace spin
