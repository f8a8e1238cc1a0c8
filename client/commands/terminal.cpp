#include "client/commands/terminal.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

#include "client/commands/invocation.h"

namespace spin::cli {
namespace {

constexpr std::chrono::seconds kPlainInterval{10};

render::Screen::Size size_of(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row == 0 ? std::size_t{24} : size.ws_row};
}

/// A reader that is gone does not matter: the sweep goes on without one.
void write_text(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool is_dumb() {
  const char* term = std::getenv("TERM");
  return term == nullptr || std::string_view(term) == "dumb";
}

}  // namespace

render::Charset own_charset() {
  return render::charset_of_locale(std::getenv("LC_ALL"), std::getenv("LC_CTYPE"), std::getenv("LANG"));
}

render::Style style_of(int fd) {
  const bool is_terminal = ::isatty(fd) == 1;
  return {is_terminal ? size_of(fd).columns : 0,
          render::wants_colour(is_terminal, std::getenv("NO_COLOR"), std::getenv("TERM")), own_charset(),
          is_terminal};
}

std::unique_ptr<render::ProgressDisplay> make_display(int fd) {
  const auto write = [fd](std::string_view text) { write_text(fd, text); };
  const auto style = style_of(fd);
  if (::isatty(fd) == 1 && !is_dumb())
    return std::make_unique<render::LiveDisplay>(
        render::Screen{write, [fd] { return size_of(fd); }, style.colour, style.charset});
  return std::make_unique<render::PlainDisplay>(
      write, kPlainInterval, [] { return std::chrono::steady_clock::now(); }, style.charset);
}

void print_listing(const render::Table& table, render::Format format, std::string_view nothing) {
  if (table.row_count == 0) complain(std::string(nothing));
  if (table.row_count > 0 || format != render::Format::table)
    render::write_table(std::cout, table, format, style_of(STDOUT_FILENO));
}

void print_object(const render::Table& table, render::Format format) {
  if (format == render::Format::json) {
    std::cout << render::row_to_json(table, 0) << '\n';
  } else {
    auto style = style_of(STDOUT_FILENO);
    style.width = 0;
    style.colour = false;
    render::write_table(std::cout, table, format, style);
  }
}

std::int64_t wall_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace spin::cli
