#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

#include <grpcpp/server_context.h>

namespace spin {

/// Cuts off peers that do not go on: a write that they do not read, or a message that does not come, within
/// the limit cancels the call, so that nobody holds what a call holds for ever. One thread for all calls.
/// Thread-safe.
class StalledCalls {
 public:
  explicit StalledCalls(std::chrono::milliseconds limit);
  ~StalledCalls();
  StalledCalls(const StalledCalls&) = delete;
  StalledCalls& operator=(const StalledCalls&) = delete;

  [[nodiscard]] std::int64_t cut_off();

  /// From begin() on the peer of `context` has the limit to make end() come; the context lives until then.
  [[nodiscard]] std::uint64_t begin(grpc::CallbackServerContext& context);
  void end(std::uint64_t number);

 private:
  using Clock = std::chrono::steady_clock;
  struct Pending {
    Clock::time_point deadline;
    grpc::CallbackServerContext* context;
  };
  void watch();

  const std::chrono::milliseconds limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Behind the mutex.
  std::map<std::uint64_t, Pending> pending_;  ///< in the order of their deadlines
  std::uint64_t last_ = 0;
  std::int64_t cut_off_ = 0;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace spin
