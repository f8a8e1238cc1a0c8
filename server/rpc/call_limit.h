#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "schema/base/result.h"

namespace spin {

/// How many calls of a kind run at once. Thread-safe; outlives its passes.
class CallLimit {
 public:
  /// `what` in the plural, as the reason names it.
  CallLimit(int max, std::string what) : max_(max), what_(std::move(what)) {}

  /// One running call, until the last copy is gone: before the client knows of the call's end, for it may
  /// call again at once.
  using Pass = std::shared_ptr<void>;
  /// resource_exhausted where so many run already.
  Result<Pass> enter() {
    const std::lock_guard lock(mutex_);
    if (running_ >= max_)
      return Error{ErrorCode::resource_exhausted,
                   std::to_string(max_) + " " + what_ + " run already; try later"};
    ++running_;
    return Pass(this, [](CallLimit* limit) {
      const std::lock_guard leaving(limit->mutex_);
      --limit->running_;
    });
  }

 private:
  const int max_;
  const std::string what_;
  std::mutex mutex_;
  int running_ = 0;  ///< behind the mutex
};

}  // namespace spin
