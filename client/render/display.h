#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/render/progress.h"

namespace spin::render {

/// Where a display draws.
struct Screen {
  struct Size {
    std::size_t columns = 80, rows = 24;
  };
  std::function<void(std::string_view)> write;
  std::function<Size()> size;  ///< asked before each drawing, so that a resize is noticed
  bool colour = false;
  Charset charset = Charset::utf8;
};

/// Shows how a sweep goes on. Thread-safe.
class ProgressDisplay {
 public:
  virtual ~ProgressDisplay() = default;
  virtual void show(const SweepStatus& status) = 0;
  /// A line that stays: what became of a job, a daemon that was started again.
  virtual void note(const std::string& line) = 0;
  /// Draws no more; the terminal is as it was.
  virtual void close() = 0;
  /// Of the lines that it is given.
  [[nodiscard]] virtual Style style() const = 0;
};

/// On a terminal: a block of lines, drawn again in its place; notes scroll above it.
class LiveDisplay final : public ProgressDisplay {
 public:
  explicit LiveDisplay(Screen screen) : screen_(std::move(screen)) {}
  ~LiveDisplay() override { close(); }
  void show(const SweepStatus& status) override;
  void note(const std::string& line) override;
  void close() override;
  [[nodiscard]] Style style() const override { return {0, screen_.colour, screen_.charset}; }

 private:
  [[nodiscard]] std::string erase_block(const Screen::Size& size) const;
  void draw(const std::string& above);

  const Screen screen_;
  std::mutex mutex_;
  // Behind mutex_.
  std::optional<SweepStatus> status_;
  std::vector<std::size_t> drawn_widths_;  ///< columns of each line of the block on the screen
  bool cursor_hidden_ = false;
  bool closed_ = false;
};

/// In a file or a pipe: notes as they come, and at most one line of status in `interval`.
class PlainDisplay final : public ProgressDisplay {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  PlainDisplay(std::function<void(std::string_view)> write, std::chrono::seconds interval, Clock now,
               Charset charset = Charset::utf8)
      : write_(std::move(write)), interval_(interval), now_(std::move(now)), charset_(charset) {}
  void show(const SweepStatus& status) override;
  void note(const std::string& line) override;
  /// Writes the last status, where it has not been written yet.
  void close() override;
  [[nodiscard]] Style style() const override { return {0, false, charset_}; }

 private:
  const std::function<void(std::string_view)> write_;
  const std::chrono::seconds interval_;
  const Clock now_;
  const Charset charset_;
  std::mutex mutex_;
  // Behind mutex_.
  std::optional<std::chrono::steady_clock::time_point> written_at_;
  std::string pending_;
};

}  // namespace spin::render
