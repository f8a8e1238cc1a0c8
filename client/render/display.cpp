#include "client/render/display.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "client/render/text.h"

namespace spin::render {
namespace {

constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr std::string_view kShowCursor = "\x1b[?25h";
constexpr std::string_view kClearToEnd = "\x1b[J";

/// Width of a line without its colour codes.
std::size_t visible_width(std::string_view line) {
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      i = std::min(line.find('m', i), line.size() - 1);
      continue;
    }
    text += line[i];
  }
  return display_width(text);
}

}  // namespace

std::string LiveDisplay::erase_block(const Screen::Size& size) const {
  // A terminal that became narrower has wrapped the lines that no longer fit.
  std::size_t rows = 0;
  for (const std::size_t width : drawn_widths_)
    rows += std::max<std::size_t>(1, (width + size.columns - 1) / std::max<std::size_t>(1, size.columns));
  return rows == 0 ? "\r" : fmt::format("\r\x1b[{}A{}", rows, kClearToEnd);
}

void LiveDisplay::draw(const std::string& above) {
  const auto size = screen_.size();
  std::string frame;
  if (!cursor_hidden_ && !closed_) frame += kHideCursor;
  cursor_hidden_ = !closed_;
  frame += erase_block(size);
  frame += above;
  drawn_widths_.clear();
  if (status_) {
    const std::size_t max_lines = size.rows > 4 ? size.rows - 1 : 3;
    for (const auto& line :
         progress_lines(*status_, {size.columns, screen_.colour, screen_.charset}, max_lines)) {
      frame += line + "\n";
      drawn_widths_.push_back(visible_width(line));
    }
  }
  screen_.write(frame);
}

void LiveDisplay::show(const SweepStatus& status) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  status_ = status;
  draw("");
}

void LiveDisplay::note(const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (closed_) return screen_.write(line + "\n");
  draw(line + "\n");
}

void LiveDisplay::close() {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  closed_ = true;
  if (cursor_hidden_) screen_.write(kShowCursor);
  cursor_hidden_ = false;
}

void PlainDisplay::show(const SweepStatus& status) {
  const std::lock_guard lock(mutex_);
  pending_ = progress_line(status, charset_) + "\n";
  const auto now = now_();
  if (written_at_ && now - *written_at_ < interval_) return;
  written_at_ = now;
  write_(std::exchange(pending_, {}));
}

void PlainDisplay::note(const std::string& line) {
  const std::lock_guard lock(mutex_);
  write_(line + "\n");
}

void PlainDisplay::close() {
  const std::lock_guard lock(mutex_);
  if (!pending_.empty()) write_(std::exchange(pending_, {}));
}

}  // namespace spin::render
