#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "client/render/text.h"

namespace spin::render {

/// As much of a terminal as the live display uses: lines that wrap, cursor up, clear to the end, cursor on
/// and off.
class VirtualTerminal {
 public:
  explicit VirtualTerminal(std::size_t columns) : columns_(columns) {}

  void write(std::string_view text) {
    while (!text.empty()) {
      if (text.front() == '\x1b') {
        text.remove_prefix(command(text));
        continue;
      }
      std::size_t bytes = 1;
      while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) ++bytes;
      put(text.substr(0, bytes));
      text.remove_prefix(bytes);
    }
  }

  /// Rows from the top, those behind the last one that has text left out.
  [[nodiscard]] std::vector<std::string> rows() const {
    auto rows = rows_;
    while (!rows.empty() && rows.back().empty()) rows.pop_back();
    return rows;
  }
  [[nodiscard]] bool cursor_is_visible() const { return cursor_is_visible_; }

  /// Wraps what is on the screen anew, as terminals do.
  void resize(std::size_t columns) {
    const auto old = rows_;
    columns_ = columns;
    rows_.assign(1, "");
    row_ = 0;
    for (std::size_t i = 0; i + 1 < old.size(); ++i) write(old[i] + "\n");
    write(old.back());
  }

 private:
  std::size_t command(std::string_view text) {
    const std::size_t end = text.find_first_of("AJhlm", 1);
    const auto body = text.substr(2, end - 2);
    if (text[end] == 'A') row_ -= std::min(row_, static_cast<std::size_t>(std::stoul(std::string(body))));
    if (text[end] == 'J') {
      rows_.resize(row_ + 1);
      rows_[row_].clear();
    }
    if (body == "?25") cursor_is_visible_ = text[end] == 'h';
    return end + 1;
  }

  void put(std::string_view character) {
    if (character == "\r") return;  // the display never writes over a line without clearing it
    if (character != "\n" && display_width(rows_[row_]) < columns_) {
      rows_[row_] += character;
      return;
    }
    ++row_;
    if (row_ == rows_.size()) rows_.emplace_back();
    if (character != "\n") put(character);
  }

  std::size_t columns_;
  std::vector<std::string> rows_{""};
  std::size_t row_ = 0;
  bool cursor_is_visible_ = true;
};

}  // namespace spin::render
