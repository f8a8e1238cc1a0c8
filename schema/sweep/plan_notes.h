#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "schema/design/config.h"

namespace spin::sweep {

/// What a plan tells beside its jobs: what is no fault and may not be meant.
class PlanNotes {
 public:
  /// Of a cell that is new in the plan.
  void see(const Train& config);
  /// A point of the design space that became a cell; `as_written()` words it.
  template <class AsWritten>
  void see_point(int cell, AsWritten as_written) {
    const auto index = static_cast<std::size_t>(cell);
    if (asked_for_.size() <= index) asked_for_.resize(2 * index + 1);
    ++points_;
    if (asked_for_[index] && repeated_++ == 0) first_repeated_ = as_written();
    asked_for_[index] = true;
  }
  /// A sentence each.
  [[nodiscard]] std::vector<std::string> take() const;

 private:
  std::set<std::pair<int, int>> uncovered_;  ///< (patch, resolution) where one does not divide the other
  std::set<int> unchanged_repeats_;          ///< repeated_augmentation where nothing changes an image
  std::set<std::string> hidden_in_roots_;
  std::vector<bool> asked_for_;  ///< by cell: a point asked for it
  std::int64_t points_ = 0;
  std::int64_t repeated_ = 0;
  std::string first_repeated_;
};

}  // namespace spin::sweep
