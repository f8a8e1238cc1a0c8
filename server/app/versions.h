#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>

#include "schema/base/ids.h"
#include "server/core/coordinator.h"

namespace spin {

/// Numbers that the strand raises and that other threads wait for. Thread-safe.
class Versions {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// Keeps a sweep's version followed while it lives.
  class Watch {
   public:
    Watch(Versions& versions, SweepId sweep);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    /// Whether the sweep's version is another than `known`, now or before the deadline.
    [[nodiscard]] bool wait_for_other(std::uint64_t known, Deadline deadline) const;

   private:
    Versions& versions_;
    SweepId sweep_;
  };

  /// On the strand, after each step: takes over the versions of the sweeps that are watched.
  void follow(const core::Coordinator& coordinator);

  void logs_grew();
  [[nodiscard]] std::uint64_t log_version() const;
  /// Waits until logs have grown since `known`, or the deadline.
  void wait_for_logs(std::uint64_t known, Deadline deadline) const;

 private:
  struct Entry {
    int watchers = 0;
    std::uint64_t version = 0;
  };
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // Behind the mutex.
  std::map<SweepId, Entry> sweeps_;
  std::uint64_t logs_ = 0;
};

}  // namespace spin
