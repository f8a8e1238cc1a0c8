#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <variant>

#include "schema/base/result.h"
#include "schema/job/trainer_link.h"
#include "worker/trainer/stop_request.h"

namespace spin {

/// Hands commands from the thread that reads them to the thread that trains.
class CommandQueue {
 public:
  /// The process is to end, as this signal asked.
  struct EndSignal {
    int number = 0;
  };
  /// A job to run, why a line was no command, or the end, after which nothing comes.
  using Item = std::variant<RunCommand, Error, EndSignal>;

  /// Reader's thread. A stop goes to the running job, or else to the first job that waits.
  void push_line(std::string_view line);
  void push(Item item);
  /// Thread that waits for signals: the running job saves and stops, what waits does not begin.
  void end(int signal);

  /// Training thread: waits for the next item. The job that it returns counts as running until the next call.
  Item pop();
  /// Whether and how the running job is to stop.
  [[nodiscard]] const std::atomic<StopRequest>& stop() const { return stop_; }
  /// The signal that ends the process; 0 = none yet.
  [[nodiscard]] int end_signal() const { return end_signal_; }

 private:
  struct Waiting {
    Item item;
    StopRequest stop = StopRequest::none;
  };
  void stop_current(StopRequest how);

  std::atomic<StopRequest> stop_ = StopRequest::none;
  std::atomic<int> end_signal_ = 0;
  std::mutex mutex_;
  std::condition_variable arrived_;
  // Behind mutex_.
  std::deque<Waiting> waiting_;
  bool running_ = false;
};

}  // namespace spin
