#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "schema/base/result.h"

namespace spin::cli {

/// How a process ended.
struct ProcessEnd {
  int exit_code = 0;  ///< where no signal ended it
  int signal = 0;
};
/// "exit code 2", "signal 9 (Killed)".
std::string to_text(const ProcessEnd& end);

/// A child in a process group of its own, so that a terminal's Ctrl-C does not reach it. Whatever is left of
/// the group when the child ends, or the object does, is killed.
class ChildProcess {
 public:
  struct Command {
    std::vector<std::string> words;  ///< path of the program, arguments
    std::filesystem::path log;       ///< both output streams are appended to it
    int passed_fd = -1;              ///< becomes descriptor 3 of the child; -1 = none
  };
  static constexpr int kPassedFd = 3;

  static Result<ChildProcess> start(const Command& command);
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// Set once it has ended. Does not wait.
  std::optional<ProcessEnd> poll();
  /// To the child alone.
  void signal(int number) const;
  /// SIGKILL to its group, and waits for the child.
  void kill_group();

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  void reap();

  pid_t pid_ = -1;
  std::optional<ProcessEnd> end_;
};

/// The program of this name beside our own, else in $PATH.
Result<std::string> find_program(const std::string& name);

}  // namespace spin::cli
