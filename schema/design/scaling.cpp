#include "schema/design/scaling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "schema/design/cost.h"
#include "schema/design/family.h"

namespace spin {
namespace {

/// The same training of a plain network.
Train plain(const Train& shared, const Network& network) {
  Train config = shared;
  config.network = network;
  config.topology = Topology::unshared(network.depth);
  return canonical(std::move(config));
}

double share_rate(const Train& shared) {
  return static_cast<double>(shared.topology.depth()) / shared.topology.group_count();
}

/// patch * ceil(sqrt(layers / groups) * resolution / patch), in whole numbers: a square root that is rounded
/// up by its last bit would cost a row of patches.
int grown_resolution(const Train& shared) {
  const std::int64_t patch = shared.network.patch;
  const std::int64_t resolution = shared.network.resolution;
  const std::int64_t wanted = shared.topology.depth() * resolution * resolution;
  const std::int64_t unit = shared.topology.group_count() * patch * patch;
  std::int64_t side = 1;
  while (side * side * unit < wanted) ++side;
  return static_cast<int>(side * patch);
}

/// Such a network grows by whole heads.
bool has_heads(const Network& network) { return describe(network.family).fields.has(NetworkField::heads); }

void set_heads(Network& network, int heads) {
  const int width = network.channels / network.heads;
  network.heads = std::max(1, heads);
  network.channels = network.heads * width;
}

Network by_paper(const Train& shared, Scaling by) {
  Network network = shared.network;
  const double rate = share_rate(shared);
  network.resolution = grown_resolution(shared);
  const auto eighths = std::max(1L, std::lround(8 / std::sqrt(rate)));
  if (by == Scaling::depth)
    network.depth = shared.topology.group_count();
  else if (has_heads(network))
    set_heads(network, static_cast<int>(std::lround(static_cast<double>(network.heads * eighths) / 8)));
  else
    network.channels =
        std::max(1, static_cast<int>(std::lround(static_cast<double>(network.channels * eighths) / 8)));
  return network;
}

/// Plain networks of rising size: the n-th, from 1, at any resolution.
class Candidates {
 public:
  Candidates(const Train& shared, Scaling by)
      : by_(by), shared_(shared.network), plain_(plain(shared, shared_)) {
    step_ = shared_.channels % 8 == 0 ? 8 : 1;
    count_ = by == Scaling::depth ? shared_.depth
             : has_heads(shared_) ? shared_.heads
                                  : shared_.channels / step_;
  }

  [[nodiscard]] int count() const { return count_; }
  [[nodiscard]] Network at(int n) const {
    Network network = shared_;
    if (by_ == Scaling::depth)
      network.depth = n;
    else if (has_heads(network))
      set_heads(network, n);
    else
      network.channels = n * step_;
    return network;
  }
  Cost cost(const Network& network) {
    if (network.depth != plain_.network.depth) plain_.topology = Topology::unshared(network.depth);
    plain_.network = network;
    return cost_of(plain_);
  }
  /// False where the channels times a ratio of the family are no whole number.
  [[nodiscard]] static bool exists(const Network& network) {
    const auto is_whole = [&](NetworkField field, double ratio) {
      const double hidden = network.channels * ratio;
      return !describe(network.family).fields.has(field) || hidden == std::floor(hidden);
    };
    return is_whole(NetworkField::mlp_ratio, network.mlp_ratio) &&
           is_whole(NetworkField::token_ratio, network.token_ratio);
  }

 private:
  Scaling by_;
  Network shared_;
  Train plain_;
  int step_ = 1;
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

double log_ratio(std::int64_t a, std::int64_t b) {
  return std::log(static_cast<double>(a) / static_cast<double>(b));
}

double distance(const Cost& cost, const Cost& target) {
  return std::hypot(log_ratio(cost.params, target.params), log_ratio(cost.flops, target.flops));
}

/// Looks for the plain network nearest to the cost of a shared one.
class Search {
 public:
  Search(const Train& shared, Scaling by)
      : candidates_(shared, by), target_(cost_of(shared)), patch_(shared.network.patch) {}

  Network run() {
    const int match = first_of(1, candidates_.count(), [&](int n) {
      return candidates_.cost(at_side(n, 1)).params >= target_.params;
    });
    // Outward from where the parameters match, until they alone are further off than the best of all.
    for (int n = match; n >= 1 && consider(n); --n) continue;
    for (int n = match + 1; n <= candidates_.count() && consider(n); ++n) continue;
    return best_;
  }

 private:
  [[nodiscard]] Network at_side(int n, int side) const {
    auto network = candidates_.at(n);
    network.resolution = side * patch_;
    return network;
  }

  /// Tries the n-th at the two resolutions around the target's FLOPs. False where none further out can win.
  bool consider(int n) {
    const auto reached = [&](int side) { return candidates_.cost(at_side(n, side)).flops >= target_.flops; };
    const int most = std::max(1, kMaxResolution / patch_);
    int high = 1;  // doubled first: FLOPs far above the target's may not fit their type
    while (high < most && !reached(high)) high = std::min(most, 2 * high);
    const int side = first_of(high / 2 + 1, high, reached);
    double nearest_params = std::numeric_limits<double>::infinity();
    for (int s = std::max(1, side - 1); s <= side; ++s) {
      const auto network = at_side(n, s);
      const auto cost = candidates_.cost(network);
      nearest_params = std::min(nearest_params, std::abs(log_ratio(cost.params, target_.params)));
      const double off = distance(cost, target_);
      if (off >= least_ || !Candidates::exists(network)) continue;
      least_ = off;
      best_ = network;
    }
    return nearest_params < least_;
  }

  Candidates candidates_;
  Cost target_;
  int patch_;
  Network best_;
  double least_ = std::numeric_limits<double>::infinity();
};

}  // namespace

Train scaling_baseline(const Train& shared, Scaling by, Match match) {
  return plain(shared, match == Match::paper ? by_paper(shared, by) : Search(shared, by).run());
}

}  // namespace spin
