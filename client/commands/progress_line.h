#pragma once

#include <iostream>
#include <string>

#include <unistd.h>

namespace spin::cli {

/// One line on a terminal that is written over; nothing elsewhere. Gone at the end.
class ProgressLine {
 public:
  void show(const std::string& text) {
    if (!is_terminal_) return;
    std::cerr << "\r\x1b[K" << text << std::flush;
    is_shown_ = true;
  }
  void clear() {
    if (is_shown_) std::cerr << "\r\x1b[K" << std::flush;
    is_shown_ = false;
  }
  ~ProgressLine() { clear(); }
  ProgressLine() = default;
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

 private:
  const bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool is_shown_ = false;
};

}  // namespace spin::cli
