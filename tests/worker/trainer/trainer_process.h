#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "schema/job/trainer_link.h"

namespace spin {

/// A real spin-train with pipes; killed with the object.
class TrainerProcess {
 public:
  explicit TrainerProcess(const std::vector<std::string>& arguments);
  ~TrainerProcess();
  TrainerProcess(const TrainerProcess&) = delete;
  TrainerProcess& operator=(const TrainerProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  void send(const std::string& line);
  void close_input();
  /// Next line of standard output; nothing at its end or after a minute.
  std::optional<std::string> read_line();
  /// Returns once it waits for somebody to read its standard output, so that it does nothing else.
  void wait_until_output_is_full() const;
  /// Next event that is not progress; nothing where there is none, or a line is no event.
  std::optional<TrainerEvent> read_event();
  /// Exit code, or minus the signal that ended it; -1000 where it still runs after a minute.
  int wait();

 private:
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string pending_;
};

}  // namespace spin
