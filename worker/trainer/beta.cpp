#include "worker/trainer/beta.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace spin {
namespace {

/// The logarithm of a number from Gamma(shape, 1), shape >= 1: cubes of normal variates, some rejected.
double sample_log_gamma_from_one(Random& random, double shape) {
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = random.normal();
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double log_v = 3 * std::log(root);
    if (std::log(1 - random.uniform()) < 0.5 * x * x + d - d * std::exp(log_v) + d * log_v)
      return std::log(d) + log_v;
  }
}

double sample_log_gamma(Random& random, double shape) {
  if (shape >= 1) return sample_log_gamma_from_one(random, shape);
  // Gamma(shape) = Gamma(shape + 1) * U^(1 / shape)
  const double log_variate =
      sample_log_gamma_from_one(random, shape + 1) + std::log(1 - random.uniform()) / shape;
  return std::max(log_variate, std::numeric_limits<double>::lowest());
}

}  // namespace

double sample_beta(Random& random, double alpha, double beta) {
  const double log_x = sample_log_gamma(random, alpha);
  const double log_y = sample_log_gamma(random, beta);
  return 1 / (1 + std::exp(log_y - log_x));
}

}  // namespace spin
