#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "server/app/engine.h"

namespace spin {

/// Plans large sweeps to their end and hands them to the coordinator part by part, on a thread of its own,
/// one sweep after the other. Whoever handed a sweep in may watch, but need not.
class LargeSubmissions {
 public:
  struct Progress {
    std::int64_t jobs = 0;       ///< stored
    std::int64_t jobs_new = 0;   ///< of those that this object stored
    std::int64_t retrained = 0;  ///< likewise
    std::vector<ReplacedSweep> replaced{};
    /// failed_precondition: the sweep was cancelled meanwhile; not_found: and deleted.
    std::optional<Status> end;
  };
  class Submission;

  /// All three outlive it; the reader knows what a sweep was planned from.
  LargeSubmissions(Strand& strand, Engine& engine, Reader& reader);
  ~LargeSubmissions();

  /// A sweep of which `stored` jobs are durable, of `planned`. Thread-safe.
  std::shared_ptr<Submission> add(SweepId sweep, std::int64_t stored, std::int64_t planned);
  /// While disks are nearly full, it stores no more. Thread-safe.
  void hold(bool hold);
  /// Breaks off; the next start of the coordinator goes on. No add() may follow.
  void stop();

 private:
  void work();
  /// Waits while it is held; false where it is to stop.
  bool may_go_on();
  std::shared_ptr<Submission> next();
  /// Waits while it is held; false where the sweep is not cancelled, because the coordinator stops.
  bool cancel(SweepId sweep);
  Status plan(Submission& submission, const SweepFile& source);

  Strand& strand_;
  Engine& engine_;
  Reader& reader_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Submission>> queue_;  ///< behind mutex_
  bool held_ = false;                              ///< behind mutex_
  std::thread thread_;
};

/// Thread-safe.
class LargeSubmissions::Submission {
 public:
  Submission(SweepId sweep, std::int64_t stored, std::int64_t planned) : sweep_(sweep), planned_(planned) {
    progress_.jobs = stored;
  }

  [[nodiscard]] SweepId sweep() const { return sweep_; }
  [[nodiscard]] std::int64_t planned() const { return planned_; }
  [[nodiscard]] Progress progress() const;
  /// Waits for the end, at most `wait`.
  Progress wait_for_end(std::chrono::milliseconds wait) const;
  void advance(const core::SubmitAccepted& accepted);
  void end(Status status);

 private:
  const SweepId sweep_;
  const std::int64_t planned_;
  mutable std::mutex mutex_;
  mutable std::condition_variable ended_;
  Progress progress_;  ///< behind mutex_
};

}  // namespace spin
