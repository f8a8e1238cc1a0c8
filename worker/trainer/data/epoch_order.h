#pragma once

#include <cstdint>
#include <vector>

namespace spin {

/// The order in which `epoch` (1-based) visits the training images: a permutation of 0 to images - 1 that
/// depends on nothing but the arguments, each equally likely.
std::vector<std::int64_t> epoch_order(std::int64_t seed, std::int64_t epoch, std::int64_t images);

}  // namespace spin
