#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace spin::agent {

/// Between two lines that say the same.
inline constexpr std::chrono::minutes kSayAgain{1};

/// Waiting times that double from `first` to `limit`, each drawn from its upper half so that many workers do
/// not return at the same moment.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds limit, std::uint64_t seed)
      : first_(first), limit_(limit), random_(seed) {}

  std::chrono::milliseconds next() {
    const auto whole = std::clamp(first_ * (std::int64_t{1} << std::min(tries_, 20)), first_, limit_);
    ++tries_;
    const std::int64_t half = whole.count() / 2;
    return std::chrono::milliseconds(
        half + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(half + 1)));
  }
  void reset() { tries_ = 0; }

 private:
  const std::chrono::milliseconds first_, limit_;
  std::mt19937_64 random_;
  int tries_ = 0;
};

}  // namespace spin::agent
