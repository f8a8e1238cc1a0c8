#include "server/rpc/lane.h"

#include <string>
#include <system_error>
#include <utility>

#include <sys/resource.h>

namespace spin {
namespace {

constexpr int kNiceOfASmallShare = 10;

}  // namespace

void Lane::stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  wake_.notify_all();
  for (auto& thread : threads) thread.join();
}

Status Lane::post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return Error{ErrorCode::unavailable, "spind is stopping"};
  if (idle_ <= tasks_.size() && threads_.size() < max_threads_) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
      // Those that are there do it later.
      if (threads_.empty())
        return Error{ErrorCode::resource_exhausted,
                     std::string("spind cannot start a thread: ") + error.what() + "; try later"};
    }
  }
  tasks_.push_back(std::move(task));
  wake_.notify_one();
  return {};
}

void Lane::work() {
  // Of this thread alone, as Linux understands it. That it is refused costs nothing but the order.
  if (share_ == Share::small) ::setpriority(PRIO_PROCESS, 0, kNiceOfASmallShare);
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    --idle_;
    if (tasks_.empty()) return;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it holds is freed outside the lock
    lock.lock();
  }
}

}  // namespace spin
