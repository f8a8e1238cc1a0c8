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
  /// A job to run, or why a line was no command.
  using Item = std::variant<RunCommand, Error>;

  /// Reader's thread. A stop goes to the running job, or else to the first job that waits.
  void push_line(std::string_view line);
  void push(Item item);

  /// Training thread: waits for the next item. The job that it returns counts as running until the next call.
  Item pop();
  /// Whether and how the running job is to stop.
  [[nodiscard]] const std::atomic<StopRequest>& stop() const { return stop_; }

 private:
  struct Waiting {
    Item item;
    StopRequest stop = StopRequest::none;
  };
  void stop_current(StopRequest how);

  std::atomic<StopRequest> stop_ = StopRequest::none;
  std::mutex mutex_;
  std::condition_variable arrived_;
  // Behind mutex_.
  std::deque<Waiting> waiting_;
  bool running_ = false;
};

}  // namespace spin
