#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <signal.h>
#include <sys/types.h>

namespace spin {

/// A real process of a test: its output goes to a file, and it is killed with the object. Its environment
/// carries a mark that its descendants inherit, so that a test can find what is left of them.
class Process {
 public:
  /// `mark` is put into the environment as SPIN_TEST_MARK.
  Process(std::vector<std::string> command, const std::filesystem::path& output, const std::string& mark);
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  Process(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  void signal(int number) const;
  /// Exit code, 128 + signal where one ended it, or -1 where the deadline passed first.
  int wait(std::chrono::seconds deadline);
  /// What it has written so far, both streams.
  [[nodiscard]] std::string output() const;

 private:
  pid_t pid_ = -1;
  int exit_code_ = -1;
  std::filesystem::path output_;
};

/// Asks `condition` every few milliseconds until it holds or the deadline passes; its last answer.
bool eventually(std::chrono::seconds deadline, const std::function<bool()>& condition);

/// Live processes whose environment carries the mark, by name (as the kernel shows it: 15 characters) where
/// one is given.
std::vector<pid_t> marked_processes(const std::string& mark, const std::string& name = "");

/// Runs to the end; its output and exit code.
struct Finished {
  int exit_code = -1;
  std::string output;  ///< standard output
  std::string errors;  ///< standard error
};
Finished run_command(const std::vector<std::string>& command, const std::string& mark,
                     std::chrono::seconds deadline);

/// The same on a terminal of its own, so many columns wide: `output` is what both streams wrote there. None
/// where the system has no pseudo-terminals (/dev/pts).
std::optional<Finished> run_in_terminal(const std::vector<std::string>& command, const std::string& mark,
                                        std::chrono::seconds deadline, unsigned short columns);

}  // namespace spin
