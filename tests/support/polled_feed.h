#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "server/rpc/feed.h"

namespace spin {

/// Tells those who wait that something has changed. Thread-safe.
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    ++rung_;
    changed_.notify_all();
  }

 private:
  template <class T>
  friend class PolledFeed;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t rung_ = 0;  ///< behind the mutex
};

/// A feed of a fake, with a thread of its own that looks whenever the bell rings. The bell outlives it.
template <class T>
class PolledFeed : public Feed<T> {
 public:
  using typename Feed<T>::Page;
  using typename Feed<T>::Ready;

  explicit PolledFeed(Bell& bell)
      : bell_(bell),
        state_(std::make_shared<State>()),
        thread_([this, &bell, state = state_] { work(bell, *state, *this); }) {}

  void next(Ready ready) override {
    const std::lock_guard lock(bell_.mutex_);
    state_->ready = std::move(ready);
    bell_.changed_.notify_all();
  }

 protected:
  /// What is there to be told, if anything.
  virtual std::optional<Result<Page>> look() = 0;
  /// To be called by the destructor of the class that looks.
  void quit() {
    {
      const std::lock_guard lock(bell_.mutex_);
      state_->quitting = true;
      bell_.changed_.notify_all();
    }
    // An answer may have been the last to hold the stream that holds this feed.
    if (thread_.get_id() == std::this_thread::get_id())
      thread_.detach();
    else
      thread_.join();
  }

 private:
  /// Outlives the feed where its own thread ends it.
  struct State {
    // Behind the bell's mutex.
    Ready ready;
    bool quitting = false;
  };

  /// Uses `feed` only while it is not quitting.
  static void work(Bell& bell, State& state, PolledFeed& feed) {
    std::unique_lock lock(bell.mutex_);
    for (;;) {
      bell.changed_.wait(lock, [&] { return state.quitting || state.ready != nullptr; });
      if (state.quitting) return;
      const std::uint64_t heard = bell.rung_;
      lock.unlock();
      auto found = feed.look();
      lock.lock();
      if (state.quitting) return;
      if (!found) {
        bell.changed_.wait(lock, [&] { return state.quitting || bell.rung_ != heard; });
        continue;
      }
      auto ready = std::exchange(state.ready, nullptr);
      lock.unlock();
      ready(std::move(*found));
      ready = nullptr;
      lock.lock();
    }
  }

  Bell& bell_;
  const std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace spin
