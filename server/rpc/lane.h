#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "schema/base/result.h"

namespace spin {

/// Threads of our own for work that blocks, so that gRPC's few never do. Tasks begin in their order; a thread
/// is started when all are busy, up to the limit. Thread-safe.
class Lane {
 public:
  /// How its threads share processors with those of the rest of the process.
  enum class Share {
    equal,
    small,  ///< about a tenth of a processor where the others would fill all, and else as much as there is
  };
  explicit Lane(std::size_t max_threads, Share share = Share::equal)
      : max_threads_(max_threads), share_(share) {}
  ~Lane() { stop(); }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  /// resource_exhausted where the system gives not a single thread, unavailable after stop(): the task is not
  /// run then.
  Status post(std::function<void()> task);
  /// Runs what is posted by now, and waits for it.
  void stop();

 private:
  void work();

  const std::size_t max_threads_;
  const Share share_;
  std::mutex mutex_;
  std::condition_variable wake_;
  // Behind the mutex.
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;  ///< threads that wait for a task
  bool stopping_ = false;
};

}  // namespace spin
