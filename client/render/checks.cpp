#include "client/render/checks.h"

#include <algorithm>
#include <ostream>

#include "client/render/cells.h"

namespace spin::render {
namespace {

Tone tone_of(CheckState state) {
  if (state == CheckState::ok) return Tone::good;
  return state == CheckState::warning ? Tone::warning : Tone::bad;
}

constexpr std::size_t kStateWidth = 7;  ///< "warning"

}  // namespace

Table checks_table(const std::vector<CheckRow>& rows) {
  return {{{.key = "name", .title = "check"},
           {.key = "state", .title = "state"},
           {.key = "found", .title = "found"},
           {.key = "advice", .title = "what to do", .drop_if = ""}},
          rows.size(),
          [&rows](std::size_t i) -> Row {
            const auto& row = rows[i];
            return {text_cell(row.name), text_cell(to_string(row.state), tone_of(row.state)),
                    text_cell(row.found), optional_text_cell(row.advice)};
          }};
}

void write_checks(std::ostream& out, const std::vector<CheckRow>& rows, const Style& style) {
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, display_width(printable(row.name, style.charset)));
  for (const auto& row : rows) {
    const std::string_view state = to_string(row.state);
    const auto name = printable(row.name, style.charset);
    out << painted(state, tone_of(row.state), style) << std::string(kStateWidth - state.size() + 2, ' ')
        << name << std::string(width - display_width(name) + 2, ' ') << printable(row.found, style.charset)
        << '\n';
    if (!row.advice.empty())
      out << std::string(kStateWidth + 2 + width + 2, ' ') << printable(row.advice, style.charset) << '\n';
  }
}

}  // namespace spin::render
