// Beta variates against moments and distribution functions in closed form.
#include "worker/trainer/beta.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace spin {
namespace {

constexpr int kDraws = 20000;

std::vector<double> draws(double alpha, double beta) {
  Random random(11, RandomUse::mixing);
  std::vector<double> values(kDraws);
  std::generate(values.begin(), values.end(), [&] { return sample_beta(random, alpha, beta); });
  std::sort(values.begin(), values.end());
  return values;
}

/// Kolmogorov's distance: the greatest between the draws' distribution and `cumulated`.
double distance(const std::vector<double>& sorted, const std::function<double(double)>& cumulated) {
  double greatest = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double expected = cumulated(sorted[i]);
    const auto below = static_cast<double>(i);
    greatest =
        std::max({greatest, std::abs(below / kDraws - expected), std::abs((below + 1) / kDraws - expected)});
  }
  return greatest;
}

TEST(Beta, HasTheDistributionsInClosedForm) {
  const double limit = 1.95 / std::sqrt(kDraws);  // exceeded once in a thousand
  EXPECT_LT(distance(draws(1, 1), [](double x) { return x; }), limit);
  EXPECT_LT(
      distance(draws(0.5, 0.5), [](double x) { return 2 / std::numbers::pi * std::asin(std::sqrt(x)); }),
      limit);
  EXPECT_LT(distance(draws(2, 2), [](double x) { return x * x * (3 - 2 * x); }), limit);
  EXPECT_LT(distance(draws(3, 1), [](double x) { return x * x * x; }), limit);
  EXPECT_LT(distance(draws(0.2, 1), [](double x) { return std::pow(x, 0.2); }), limit);
}

TEST(Beta, HasTheMomentsOfAnyShape) {
  for (const auto& [alpha, beta] :
       {std::pair{0.1, 0.1}, {0.2, 0.2}, {0.8, 0.8}, {2.0, 5.0}, {100.0, 100.0}}) {
    const auto values = draws(alpha, beta);
    const double sum = alpha + beta;
    const double variance = alpha * beta / (sum * sum * (sum + 1));
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / kDraws;
    EXPECT_NEAR(mean, alpha / sum, 4 * std::sqrt(variance / kDraws)) << alpha << ' ' << beta;
    const double squares = std::inner_product(values.begin(), values.end(), values.begin(), 0.0) / kDraws;
    EXPECT_NEAR(squares - mean * mean, variance, 0.05 * variance) << alpha << ' ' << beta;
  }
}

TEST(Beta, OfTinyShapesIsAlmostACoin) {
  for (const double alpha : {1e-3, 1e-300, 1e-310}) {
    const auto values = draws(alpha, alpha);
    EXPECT_GE(values.front(), 0) << alpha;
    EXPECT_LE(values.back(), 1) << alpha;
  }
  const auto values = draws(1e-3, 1e-3);
  const auto heads = std::count_if(values.begin(), values.end(), [](double x) { return x > 0.999; });
  const auto tails = std::count_if(values.begin(), values.end(), [](double x) { return x < 0.001; });
  EXPECT_GT(heads + tails, kDraws * 97 / 100);
  EXPECT_NEAR(static_cast<double>(heads), kDraws / 2.0, 5 * std::sqrt(kDraws) / 2);
}

}  // namespace
}  // namespace spin
