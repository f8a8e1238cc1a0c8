#include "worker/trainer/data/epoch_order.h"

#include <numeric>
#include <utility>

#include "worker/trainer/random.h"

namespace spin {

/// Fisher and Yates' shuffle.
std::vector<std::int64_t> epoch_order(std::int64_t seed, std::int64_t epoch, std::int64_t images) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(images));
  std::iota(order.begin(), order.end(), 0);
  Random random(seed, RandomUse::order, epoch);
  for (std::size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[random.below(left)]);
  return order;
}

}  // namespace spin
