#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/agent/events.h"

namespace spin::agent {

/// Gathers a trainer's log lines, so that a talkative trainer costs a few messages a second of bounded size.
class LogBatch {
 public:
  static constexpr std::size_t kMaxLines = 500;
  static constexpr std::size_t kMaxBytes = 256 * 1024;
  static constexpr std::size_t kMaxLineBytes = 4096;
  static constexpr std::size_t kLastLines = 10;
  static constexpr Millis kInterval{250};

  void add(std::string_view line, Now now);
  /// When what is gathered shall be sent; none while there is nothing.
  [[nodiscard]] std::optional<Now> due() const { return due_; }
  /// What is gathered, with a line that counts what did not fit.
  std::vector<std::string> take();
  /// The last few lines since clear(), for the message about a trainer that died; empty where it said
  /// nothing.
  [[nodiscard]] std::string last_words() const;
  void clear();

 private:
  std::vector<std::string> lines_;
  std::size_t bytes_ = 0;
  std::size_t left_out_ = 0;
  std::optional<Now> due_;
  std::deque<std::string> last_;
};

}  // namespace spin::agent
