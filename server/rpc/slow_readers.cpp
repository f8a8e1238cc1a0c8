#include "server/rpc/slow_readers.h"

#include <spdlog/spdlog.h>

namespace spin {

SlowReaders::SlowReaders(std::chrono::milliseconds limit) : limit_(limit), thread_([this] { watch(); }) {}

SlowReaders::~SlowReaders() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SlowReaders::watch() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (writes_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = writes_.begin();
    if (Clock::now() < first->second.deadline) {
      // By value: the write may end while this waits.
      const auto deadline = first->second.deadline;
      changed_.wait_until(lock, deadline);
      continue;
    }
    spdlog::warn("a call of {} is cut off: it reads too slowly", first->second.context->peer());
    first->second.context->TryCancel();
    writes_.erase(first);
    ++cut_off_;
  }
}

std::int64_t SlowReaders::cut_off() {
  const std::lock_guard lock(mutex_);
  return cut_off_;
}

SlowReaders::Write::Write(SlowReaders& readers, grpc::ServerContext& context) : readers_(readers) {
  const std::lock_guard lock(readers.mutex_);
  number_ = ++readers.last_;
  readers.writes_[number_] = {Clock::now() + readers.limit_, &context};
  // The thread waits for an earlier deadline wherever there is another write.
  if (readers.writes_.size() == 1) readers.changed_.notify_all();
}

SlowReaders::Write::~Write() {
  const std::lock_guard lock(readers_.mutex_);
  readers_.writes_.erase(number_);
}

}  // namespace spin
