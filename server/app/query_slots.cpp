#include "server/app/query_slots.h"

#include <algorithm>
#include <string>

namespace spin {
namespace {

/// Between two looks whether who waits is still there.
constexpr std::chrono::milliseconds kStep{100};

}  // namespace

Result<QuerySlots::Claim> QuerySlots::take(const std::function<bool()>& go_on) {
  const auto deadline = std::chrono::steady_clock::now() + patience_;
  std::unique_lock lock(mutex_);
  while (taken_ >= slots_) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline)
      return Error{ErrorCode::resource_exhausted,
                   "query: " + std::to_string(slots_) +
                       " queries run already, which is the limit, and none has "
                       "ended in time; try again"};
    if (!go_on()) return Error{ErrorCode::unavailable, "query: it was broken off"};
    freed_.wait_until(lock, std::min(deadline, now + kStep));
  }
  ++taken_;
  return Claim(this);
}

void QuerySlots::release() {
  {
    const std::lock_guard lock(mutex_);
    --taken_;
  }
  freed_.notify_one();
}

}  // namespace spin
