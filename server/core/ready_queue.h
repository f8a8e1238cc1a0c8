#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "server/core/changes.h"
#include "server/core/needs.h"

namespace spin::core {

/// A set of job numbers, ordered: 64 neighbours share a node, so that most take next to no memory.
class KeySet {
 public:
  void insert(JobKey key);
  void erase(JobKey key);
  [[nodiscard]] bool contains(JobKey key) const;
  [[nodiscard]] std::optional<JobKey> first() const;
  /// The first that is not among `others`.
  [[nodiscard]] std::optional<JobKey> first_but(const std::set<JobKey>& others) const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::map<std::int64_t, std::uint64_t> words_;  ///< by key / 64; none is zero
  std::size_t size_ = 0;
};

/// Jobs that a worker may have, as classes of equal needs. The highest priority comes first; within one the
/// sweep with the fewest running jobs, then the lower number; within a sweep the job with the lowest number,
/// which is the order of the plans that first asked for them.
class ReadyQueue {
 public:
  /// Where a job stands: the same for all jobs of a class.
  struct Place {
    int priority = 0;
    SweepId sweep;
    NeedsId needs{};
    auto operator<=>(const Place&) const = default;
  };

  void insert(const Place& place, JobKey key);
  void erase(const Place& place, JobKey key);
  [[nodiscard]] bool contains(const Place& place, JobKey key) const;
  [[nodiscard]] std::size_t size() const { return size_; }

  /// While a sweep is held, its jobs stay where they are and are not found.
  void hold(SweepId sweep, bool is_held);
  /// All jobs of the sweep that stand at one priority go to another. Precondition: none stands there.
  void move(SweepId sweep, int from, int to);

  /// A job of the sweep runs, or runs no more (-1).
  void count_running(SweepId sweep, int change);
  [[nodiscard]] int running(SweepId sweep) const;

  /// The first job of each class, in order, until `accept` takes one: that one.
  template <class Accept>
  std::optional<JobKey> find(const Accept& accept) const {
    for (const auto& [priority, level] : levels_)
      for (const auto& [running, sweep] : level.order)
        for (const auto& [key, needs] : level.shares.at(sweep).order)
          if (accept(Place{priority, sweep, needs}, key)) return key;
    return std::nullopt;
  }
  /// The same of the classes of one sweep, which may be held.
  template <class Accept>
  std::optional<JobKey> find_of(SweepId sweep, const Accept& accept) const {
    for (const auto& [priority, level] : levels_) {
      const auto share = level.shares.find(sweep);
      if (share == level.shares.end()) continue;
      for (const auto& [key, needs] : share->second.order)
        if (accept(Place{priority, sweep, needs}, key)) return key;
    }
    return std::nullopt;
  }
  /// The same as find(), as if `others` were not there.
  template <class Accept>
  std::optional<JobKey> find_but(const std::set<JobKey>& others, const Accept& accept) const {
    std::optional<JobKey> best;  // of a sweep
    for (const auto& [priority, level] : levels_)
      for (const auto& [running, sweep] : level.order) {
        for (const auto& [needs, keys] : level.shares.at(sweep).classes) {
          const auto key = keys.first_but(others);
          if (key && (!best || *key < *best) && accept(Place{priority, sweep, needs}, *key)) best = key;
        }
        if (best) return best;
      }
    return std::nullopt;
  }

  /// The highest of a job that find() would look at.
  [[nodiscard]] std::optional<int> first_priority() const {
    for (const auto& [priority, level] : levels_)
      if (!level.order.empty()) return priority;
    return std::nullopt;
  }

  /// Whether jobs came in, or their order changed, since the last call.
  bool take_changed() { return std::exchange(changed_, false); }

 private:
  struct Share {
    std::map<NeedsId, KeySet> classes;           ///< none is empty
    std::set<std::pair<JobKey, NeedsId>> order;  ///< the first job of each
  };
  struct Level {
    std::map<SweepId, Share> shares;          ///< none is empty
    std::set<std::pair<int, SweepId>> order;  ///< running jobs; of those that are not held
  };
  template <class Change>
  static void change_class(Share& share, NeedsId needs, const Change& change);

  std::map<int, Level, std::greater<>> levels_;  ///< none is empty
  std::unordered_map<SweepId, int> running_;
  std::set<SweepId> held_;
  std::size_t size_ = 0;
  bool changed_ = false;
};

}  // namespace spin::core
