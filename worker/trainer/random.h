#pragma once

#include <cmath>
#include <cstdint>

#include "schema/base/splitmix.h"

namespace spin {

/// What random numbers are drawn for, so that no two uses see the same ones.
enum class RandomUse : std::uint64_t {
  order = 1,    ///< of an epoch's images
  crop,         ///< crop and flip of an image
  randaugment,  ///< operations on an image
  mixing,       ///< MixUp and CutMix of a batch
  erasing,      ///< rectangles of a batch
  label_noise,  ///< before training
  synthetic,    ///< pixels of the synthetic data set
};

/// A stream of random numbers named by a seed, a use and two counters (an epoch and an image, a step, ...).
/// It depends on nothing else, so that any thread, any device and any resumed run can start it anywhere:
/// splitmix64 from a state into which the name was hashed.
class Random {
 public:
  explicit Random(std::int64_t seed, RandomUse use, std::int64_t first = 0, std::int64_t second = 0) {
    add_to_name(static_cast<std::uint64_t>(seed));
    add_to_name(static_cast<std::uint64_t>(use));
    add_to_name(static_cast<std::uint64_t>(first));
    add_to_name(static_cast<std::uint64_t>(second));
  }

  std::uint64_t next() { return splitmix64(state_); }

  /// In [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// In [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  bool chance(double probability) { return uniform() < probability; }

  /// Each of 0 to n - 1 equally often; n > 0. (Lemire, 2019: a multiplication, and another draw where it
  /// would be biased.)
  std::uint64_t below(std::uint64_t n) {
    auto product = wide(next()) * n;
    if (static_cast<std::uint64_t>(product) < n) {
      const auto biased = -n % n;
      while (static_cast<std::uint64_t>(product) < biased) product = wide(next()) * n;
    }
    return static_cast<std::uint64_t>(product >> 64);
  }

  /// Mean 0, deviation 1 (Box and Muller, 1958; the second of the pair is not kept, so that the state is the
  /// whole state).
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

 private:
  __extension__ using wide = unsigned __int128;

  void add_to_name(std::uint64_t part) {
    state_ += part;
    state_ = splitmix64(state_);
  }

  std::uint64_t state_ = 0;
};

}  // namespace spin
