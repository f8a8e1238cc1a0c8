#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "schema/base/result.h"

namespace spin {

/// So many queries run side by side, each on a connection of its own; who comes later waits a while for one
/// to end. Thread-safe.
class QuerySlots {
 public:
  QuerySlots(int slots, std::chrono::milliseconds patience) : slots_(slots), patience_(patience) {}

  class Claim {
   public:
    ~Claim() {
      if (slots_ != nullptr) slots_->release();
    }
    Claim(Claim&& other) noexcept : slots_(other.slots_) { other.slots_ = nullptr; }
    Claim& operator=(Claim&&) = delete;

   private:
    friend class QuerySlots;
    explicit Claim(QuerySlots* slots) : slots_(slots) {}
    QuerySlots* slots_;
  };
  /// resource_exhausted where none becomes free in time; unavailable where `go_on`, asked now and then, says
  /// false.
  Result<Claim> take(const std::function<bool()>& go_on);

 private:
  void release();

  const int slots_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable freed_;
  int taken_ = 0;  ///< behind mutex_
};

}  // namespace spin
