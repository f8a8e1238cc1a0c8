#include "server/rpc/stalled_calls.h"

#include <spdlog/spdlog.h>

namespace spin {

StalledCalls::StalledCalls(std::chrono::milliseconds limit) : limit_(limit), thread_([this] { watch(); }) {}

StalledCalls::~StalledCalls() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void StalledCalls::watch() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (pending_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = pending_.begin();
    if (Clock::now() < first->second.deadline) {
      // By value: the call may go on while this waits.
      const auto deadline = first->second.deadline;
      changed_.wait_until(lock, deadline);
      continue;
    }
    spdlog::warn("a call of {} is cut off: nothing went on for {} s", first->second.context->peer(),
                 std::chrono::duration_cast<std::chrono::seconds>(limit_).count());
    first->second.context->TryCancel();
    pending_.erase(first);
    ++cut_off_;
  }
}

std::int64_t StalledCalls::cut_off() {
  const std::lock_guard lock(mutex_);
  return cut_off_;
}

std::uint64_t StalledCalls::begin(grpc::CallbackServerContext& context) {
  const std::lock_guard lock(mutex_);
  pending_[++last_] = {Clock::now() + limit_, &context};
  // The thread waits for an earlier deadline wherever there is another one.
  if (pending_.size() == 1) changed_.notify_all();
  return last_;
}

void StalledCalls::end(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  pending_.erase(number);
}

}  // namespace spin
