#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

#include "server/core/changes.h"

namespace spin::core {

/// A list of job numbers, most of which follow the one before: takes memory for those that do not.
class KeyRuns {
  struct Run {
    std::int64_t first = 0;  ///< position of `key`; the positions behind it have the numbers behind it
    JobKey key;
  };

 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = JobKey;
    using difference_type = std::ptrdiff_t;
    using pointer = const JobKey*;
    using reference = JobKey;

    Iterator() = default;
    JobKey operator*() const { return {run_->key.value + (position_ - run_->first)}; }
    Iterator& operator++() {
      ++position_;
      if (run_ + 1 != end_ && (run_ + 1)->first == position_) ++run_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return position_ == other.position_; }

   private:
    friend class KeyRuns;
    Iterator(const Run* run, const Run* end, std::int64_t position)
        : run_(run), end_(end), position_(position) {}

    const Run* run_ = nullptr;
    const Run* end_ = nullptr;
    std::int64_t position_ = 0;
  };

  void push_back(JobKey key) {
    if (runs_.empty() || key.value != back().value + 1) runs_.push_back({size_, key});
    ++size_;
  }
  /// Precondition of both: not empty.
  void pop_back() {
    --size_;
    if (runs_.back().first == size_) runs_.pop_back();
  }
  [[nodiscard]] JobKey back() const { return {runs_.back().key.value + (size_ - 1 - runs_.back().first)}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(size_); }
  [[nodiscard]] Iterator begin() const { return {runs_.data(), runs_.data() + runs_.size(), 0}; }
  [[nodiscard]] Iterator end() const { return {nullptr, nullptr, size_}; }
  [[nodiscard]] Iterator from(std::int64_t position) const {
    if (position >= size_) return end();
    const auto behind = std::ranges::upper_bound(runs_, position, {}, &Run::first);
    return {&*std::prev(behind), runs_.data() + runs_.size(), position};
  }

 private:
  std::vector<Run> runs_;
  std::int64_t size_ = 0;
};

}  // namespace spin::core
