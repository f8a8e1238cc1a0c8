#pragma once

#include "worker/trainer/random.h"

namespace spin {

/// A number from Beta(alpha, beta), in [0, 1]; both are above 0. X / (X + Y) of two gamma variates (Marsaglia
/// and Tsang, 2000), which are kept as logarithms: below alpha = 0.01 the variates themselves would often be
/// 0.
double sample_beta(Random& random, double alpha, double beta);

}  // namespace spin
