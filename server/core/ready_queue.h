#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "server/core/changes.h"

namespace spin::core {

/// A set of job numbers as a bitmap with one summary bit per word: 1/8 byte a job, the smallest in next to no
/// time.
class KeySet {
 public:
  void insert(JobKey key);
  void erase(JobKey key);
  [[nodiscard]] bool contains(JobKey key) const;
  [[nodiscard]] std::optional<JobKey> first() const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::vector<std::uint64_t> words_;
  std::vector<std::uint64_t> summary_;  ///< bit i: words_[i] is not zero
  std::size_t size_ = 0;
};

/// Jobs that a worker may have: highest priority first, then in the order of their numbers, which is the
/// order of the sweeps that first asked for them and of their plans.
class ReadyQueue {
 public:
  void insert(int priority, JobKey key);
  void erase(int priority, JobKey key);
  [[nodiscard]] bool contains(int priority, JobKey key) const;
  [[nodiscard]] std::optional<JobKey> first() const;
  [[nodiscard]] std::size_t size() const;

 private:
  std::map<int, KeySet, std::greater<>> by_priority_;  ///< no empty sets
};

}  // namespace spin::core
