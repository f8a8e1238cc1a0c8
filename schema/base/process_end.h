#pragma once

#include <string>

namespace spin {

/// How a process ended.
struct ProcessEnd {
  bool by_signal = false;
  int number = 0;  ///< signal or exit code
};

/// "exit code 2", "signal 9 (Killed)".
std::string to_text(const ProcessEnd& end);

}  // namespace spin
