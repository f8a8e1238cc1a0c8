#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "schema/base/child_process.h"
#include "schema/base/file.h"

namespace spin::cli {

/// A daemon that is started again when it ends. Used from one thread, which stays alive as long as the
/// daemon: a child that ends with its parent ends with the thread that started it.
class Supervised {
 public:
  using Clock = std::chrono::steady_clock;

  /// `tells_ready`: the program takes --ready-fd and writes to it once it serves.
  Supervised(std::string name, ChildProcess::Command command, bool tells_ready);

  /// What came of one look.
  struct Look {
    std::string news;               ///< a line for people, or empty
    std::optional<Error> given_up;  ///< it does not stay up: the reason, with the end of its log
  };
  /// Starts it where it does not run and is due, and notices what became of it. Not after given_up.
  Look look(Clock::time_point now);

  /// True once the running process has said that it serves.
  [[nodiscard]] bool is_ready() const { return is_ready_; }

  /// SIGTERM; SIGKILL to its group where it has not ended within the grace, or as soon as `is_hurried` says
  /// so.
  void end(std::chrono::milliseconds grace, const std::function<bool()>& is_hurried);

 private:
  Look start(Clock::time_point now);
  Look after_end(const ProcessEnd& end, Clock::time_point now);
  void read_ready();
  [[nodiscard]] Error give_up(const ProcessEnd& end) const;

  const std::string name_;
  const ChildProcess::Command command_;
  const bool tells_ready_;
  const std::uintmax_t log_start_;  ///< bytes of the log that are older than this run

  std::optional<ChildProcess> process_;
  FileDescriptor ready_;  ///< read end
  bool is_ready_ = false;
  bool was_ready_ = false;
  int strikes_ = 0;     ///< early ends in a row that it brought about itself
  int early_ends_ = 0;  ///< early ends in a row, for the back-off
  Clock::time_point started_at_{}, next_start_{};
};

}  // namespace spin::cli
