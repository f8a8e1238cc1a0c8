#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "schema/base/file.h"
#include "schema/base/process_end.h"
#include "schema/base/result.h"

namespace spin {

/// A child in a process group of its own, so that a terminal's Ctrl-C does not reach it. It blocks no signal,
/// and each does what it does by default, but that it ignores SIGXFSZ where we do. It inherits its streams
/// and what it is passed, no other descriptor. Whatever is left of the group when the child has ended, or the
/// object does, is killed.
class ChildProcess {
 public:
  struct Command {
    std::vector<std::string>
        words;  ///< program, which is looked for in $PATH where it has no slash; arguments
    /// Both output streams are appended to it, and there is nothing to read; empty = all three are pipes.
    std::filesystem::path log{};
    int passed_fd = -1;  ///< becomes descriptor kPassedFd of the child; -1 = none
    /// The kernel kills the child with SIGKILL when the calling THREAD ends; start it then from one that
    /// lives as long as the process.
    bool dies_with_thread = false;
  };
  static constexpr int kPassedFd = 3;

  /// Our ends, closed where there is a log.
  struct Pipes {
    FileDescriptor input, output, errors;
  };

  /// Returns once the program runs. not_found where it is missing, otherwise internal with the system's
  /// reason. Other threads may run: nothing allocates or locks between fork and exec.
  static Result<ChildProcess> start(const Command& command);
  /// Kills the group and waits for the child.
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// Set once it has ended; its group is dead then. Does not wait.
  std::optional<ProcessEnd> poll();
  /// To the child alone.
  void signal(int number) const;
  /// SIGKILL to the group. Does not wait.
  void kill_group() const;
  /// Nobody waits for it any more: a process that hangs in a driver never goes.
  void abandon() { pid_ = -1; }

  [[nodiscard]] pid_t pid() const { return pid_; }

  Pipes pipes;

 private:
  ChildProcess(pid_t pid, Pipes ends) : pipes(std::move(ends)), pid_(pid) {}
  void reap();

  pid_t pid_ = -1;
  std::optional<ProcessEnd> end_;
};

}  // namespace spin
