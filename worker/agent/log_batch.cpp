#include "worker/agent/log_batch.h"

#include <utility>

#include "schema/base/text.h"

namespace spin::agent {

void LogBatch::add(std::string_view line, Now now) {
  std::string text = shortened(line, kMaxLineBytes);
  last_.push_back(text);
  if (last_.size() > kLastLines) last_.pop_front();
  if (!due_) due_ = now + kInterval;
  if (lines_.size() >= kMaxLines || bytes_ + text.size() > kMaxBytes) {
    ++left_out_;
    return;
  }
  bytes_ += text.size();
  lines_.push_back(std::move(text));
}

std::vector<std::string> LogBatch::take() {
  if (left_out_ > 0) lines_.push_back("(" + std::to_string(left_out_) + " lines left out: too many at once)");
  due_.reset();
  bytes_ = 0;
  left_out_ = 0;
  return std::exchange(lines_, {});
}

std::string LogBatch::last_words() const {
  std::string text;
  for (const auto& line : last_) (text += text.empty() ? "" : " | ") += line;
  return text;
}

void LogBatch::clear() {
  take();
  last_.clear();
}

}  // namespace spin::agent
