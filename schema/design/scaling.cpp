#include "schema/design/scaling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "schema/design/cost.h"

namespace spin {
namespace {

/// The same training of a plain network.
JobConfig plain(const JobConfig& shared, const Network& network) {
  JobConfig config = shared;
  config.network = network;
  config.topology = Topology::unshared(network.depth);
  return canonical(std::move(config));
}

double share_rate(const JobConfig& shared) {
  return static_cast<double>(shared.topology.depth()) / shared.topology.group_count();
}

void set_heads(Network& network, int heads) {
  const int width = network.channels / network.heads;
  network.heads = std::max(1, heads);
  network.channels = network.heads * width;
}

Network by_paper(const JobConfig& shared, Scaling by) {
  Network network = shared.network;
  const double rate = share_rate(shared);
  network.resolution =
      network.patch * static_cast<int>(std::ceil(std::sqrt(rate) * network.resolution / network.patch));
  const auto eighths = std::max(1L, std::lround(8 / std::sqrt(rate)));
  if (by == Scaling::depth)
    network.depth = shared.topology.group_count();
  else if (network.family == Family::deit)
    set_heads(network, static_cast<int>(std::lround(static_cast<double>(network.heads * eighths) / 8)));
  else
    network.channels =
        std::max(1, static_cast<int>(std::lround(static_cast<double>(network.channels * eighths) / 8)));
  return network;
}

/// Plain networks of rising size, their resolution that of the shared network: the n-th, from 1.
class Candidates {
 public:
  Candidates(const JobConfig& shared, Scaling by) : shared_(shared), by_(by) {
    const auto& network = shared.network;
    if (by == Scaling::depth)
      count_ = network.depth;
    else if (network.family == Family::deit)
      count_ = network.heads;
    else
      count_ = network.channels / step();
  }

  [[nodiscard]] int count() const { return count_; }
  [[nodiscard]] Network at(int n) const {
    Network network = shared_.network;
    if (by_ == Scaling::depth)
      network.depth = n;
    else if (network.family == Family::deit)
      set_heads(network, n);
    else
      network.channels = n * step();
    return network;
  }
  [[nodiscard]] Cost cost(const Network& network) const { return cost_of(plain(shared_, network)); }

 private:
  [[nodiscard]] int step() const { return shared_.network.channels % 8 == 0 ? 8 : 1; }

  const JobConfig& shared_;
  Scaling by_;
  int count_ = 1;
};

/// First n of [low, high) for which `reached` holds, as it does for all above; high if there is none.
template <class Reached>
int first_of(int low, int high, Reached reached) {
  while (low < high) {
    const int middle = low + (high - low) / 2;
    if (reached(middle))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

double distance(const Cost& cost, const Cost& target) {
  const auto log_ratio = [](std::int64_t a, std::int64_t b) {
    return std::log(static_cast<double>(a) / static_cast<double>(b));
  };
  return std::hypot(log_ratio(cost.params, target.params), log_ratio(cost.flops, target.flops));
}

Network by_search(const JobConfig& shared, Scaling by) {
  const Candidates candidates(shared, by);
  const auto target = cost_of(shared);
  const int patch = shared.network.patch;
  const auto with_side = [patch](Network network, int side) {
    network.resolution = side * patch;
    return network;
  };
  // Parameters decide the size almost alone; the best one lies near where they match.
  constexpr int kNear = 8;
  const int match = first_of(1, candidates.count(), [&](int n) {
    return candidates.cost(candidates.at(n)).params >= target.params;
  });
  Network best;
  double least = std::numeric_limits<double>::infinity();
  for (int n = std::max(1, match - kNear); n <= std::min(candidates.count(), match + kNear); ++n) {
    const auto network = candidates.at(n);
    const int most = std::max(1, kMaxResolution / patch);
    const int side = first_of(
        1, most, [&](int s) { return candidates.cost(with_side(network, s)).flops >= target.flops; });
    for (int s = std::max(1, side - 1); s <= side; ++s) {
      const auto near = with_side(network, s);
      if (const auto off = distance(candidates.cost(near), target); off < least) {
        least = off;
        best = near;
      }
    }
  }
  return best;
}

}  // namespace

JobConfig scaling_baseline(const JobConfig& shared, Scaling by, Match match) {
  return plain(shared, match == Match::paper ? by_paper(shared, by) : by_search(shared, by));
}

}  // namespace spin
