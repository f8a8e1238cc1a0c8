#pragma once

#include <chrono>
#include <mutex>
#include <set>

#include "server/rpc/stalled_calls.h"

namespace spin {

/// A stream that runs.
class LiveCall {
 public:
  virtual ~LiveCall() = default;
  /// spind is stopping: the call ends soon. Never blocks.
  virtual void stop() = 0;
};

/// The streams of a service, to be ended when spind stops. Thread-safe.
class LiveCalls {
 public:
  explicit LiveCalls(std::chrono::milliseconds stall_limit) : stalled_(stall_limit) {}

  /// Stops the call at once where all are stopped already.
  void add(LiveCall& call) {
    const std::lock_guard lock(mutex_);
    calls_.insert(&call);
    if (stopping_) call.stop();
  }
  void remove(LiveCall& call) {
    const std::lock_guard lock(mutex_);
    calls_.erase(&call);
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (LiveCall* call : calls_) call->stop();
  }
  [[nodiscard]] bool is_stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }
  [[nodiscard]] StalledCalls& stalled() { return stalled_; }

 private:
  StalledCalls stalled_;
  mutable std::mutex mutex_;
  // Behind the mutex.
  std::set<LiveCall*> calls_;
  bool stopping_ = false;
};

}  // namespace spin
