#include <ostream>

#include "client/render/table_formats.h"

namespace spin::render {
namespace {

/// The text as Markdown shows it unchanged inside a table.
std::string markdown_text(std::string_view text) {
  std::string result;
  for (const char c : printable(text)) {
    if (c == '<') {
      result += "&lt;";
      continue;
    }
    if (c == '|' || c == '\\' || c == '*' || c == '`' || c == '[') result += '\\';
    result += c;
  }
  return result;
}

}  // namespace

void write_markdown(std::ostream& out, const Table& table) {
  const Layout layout = measure(table);
  const auto line = [&](const auto& text_of_column) {
    out << '|';
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      if (layout.shown[c]) out << text_of_column(c) << '|';
    out << '\n';
  };
  line([&](std::size_t c) { return " " + markdown_text(table.columns[c].title) + " "; });
  line([&](std::size_t c) {
    return std::string(table.columns[c].align == Align::right ? " ---: " : " --- ");
  });
  for (std::size_t r = 0; r < table.row_count; ++r) {
    const Row row = table.row(r);
    line([&](std::size_t c) { return " " + markdown_text(row[c].text) + " "; });
  }
}

}  // namespace spin::render
