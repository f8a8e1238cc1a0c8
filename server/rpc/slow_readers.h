#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

#include <grpcpp/server_context.h>

namespace spin {

/// Cuts off clients that do not read: a write that has not ended within the limit cancels its call, so that
/// nobody holds a thread for ever. Thread-safe.
class SlowReaders {
 public:
  explicit SlowReaders(std::chrono::milliseconds limit);
  ~SlowReaders();
  SlowReaders(const SlowReaders&) = delete;
  SlowReaders& operator=(const SlowReaders&) = delete;

  [[nodiscard]] std::int64_t cut_off();

  /// One write, from construction to destruction.
  class Write {
   public:
    Write(SlowReaders& readers, grpc::ServerContext& context);
    ~Write();
    Write(const Write&) = delete;
    Write& operator=(const Write&) = delete;

   private:
    SlowReaders& readers_;
    std::uint64_t number_;
  };

 private:
  using Clock = std::chrono::steady_clock;
  struct Pending {
    Clock::time_point deadline;
    grpc::ServerContext* context;
  };
  void watch();

  const std::chrono::milliseconds limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Behind the mutex.
  std::map<std::uint64_t, Pending> writes_;  ///< in the order of their deadlines
  std::uint64_t last_ = 0;
  std::int64_t cut_off_ = 0;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace spin
