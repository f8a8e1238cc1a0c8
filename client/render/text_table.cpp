#include <algorithm>
#include <ostream>

#include "client/render/table_formats.h"

namespace spin::render {
namespace {

constexpr std::size_t kGap = 2;

std::size_t total_width(const Layout& layout) {
  std::size_t total = 0;
  for (std::size_t c = 0; c < layout.widths.size(); ++c)
    if (layout.shown[c]) total += layout.widths[c] + (total == 0 ? 0 : kGap);
  return total;
}

/// Columns in the order in which they give way.
std::vector<std::size_t> shrink_order(const Table& table) {
  std::vector<std::size_t> order;
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    if (table.columns[c].shrink > 0) order.push_back(c);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return table.columns[a].shrink > table.columns[b].shrink;
  });
  return order;
}

void fit(const Table& table, Layout& layout, std::size_t width) {
  for (const std::size_t c : shrink_order(table)) {
    const std::size_t total = total_width(layout);
    if (total <= width) return;
    if (!layout.shown[c]) continue;
    const auto& column = table.columns[c];
    const std::size_t least =
        std::min(layout.widths[c], std::max(column.min_width, display_width(column.title)));
    layout.widths[c] = std::max(least, layout.widths[c] - std::min(layout.widths[c], total - width));
  }
}

/// Puts a line together; spaces are written only once something follows them.
class LineWriter {
 public:
  LineWriter(std::ostream& out, const Style& style) : out_(out), style_(style) {}

  void cell(std::string_view text, std::size_t width, Align align, Tone tone) {
    const std::size_t used = display_width(text);
    const std::size_t padding = width > used ? width - used : 0;
    if (align == Align::right) pending_ += padding;
    if (!text.empty()) {
      out_ << std::string(pending_, ' ') << painted(text, tone, style_);
      pending_ = 0;
    }
    if (align == Align::left) pending_ += padding;
    pending_ += kGap;
  }
  void end() {
    out_ << '\n';
    pending_ = 0;
  }

 private:
  std::ostream& out_;
  const Style& style_;
  std::size_t pending_ = 0;
};

}  // namespace

Layout measure(const Table& table) {
  const std::size_t count = table.columns.size();
  Layout layout{std::vector<std::size_t>(count), std::vector<bool>(count)};
  for (std::size_t c = 0; c < count; ++c) {
    const auto& column = table.columns[c];
    layout.widths[c] = display_width(column.title);
    layout.shown[c] = column.audience != Audience::machines && (!column.drop_if || table.row_count == 0);
  }
  for (std::size_t r = 0; r < table.row_count; ++r) {
    const Row row = table.row(r);
    for (std::size_t c = 0; c < count; ++c) {
      const auto& column = table.columns[c];
      if (column.audience == Audience::machines) continue;
      layout.widths[c] = std::max(layout.widths[c], display_width(row[c].text));
      if (column.drop_if && row[c].text != *column.drop_if) layout.shown[c] = true;
    }
  }
  return layout;
}

void write_text(std::ostream& out, const Table& table, const Style& style) {
  Layout layout = measure(table);
  if (style.width > 0) fit(table, layout, style.width);
  LineWriter line(out, style);
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    if (layout.shown[c])
      line.cell(table.columns[c].title, layout.widths[c], table.columns[c].align, Tone::heading);
  line.end();
  for (std::size_t r = 0; r < table.row_count; ++r) {
    const Row row = table.row(r);
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      if (!layout.shown[c]) continue;
      const auto& column = table.columns[c];
      line.cell(shorten(printable(row[c].text), layout.widths[c], column.cut), layout.widths[c], column.align,
                row[c].tone);
    }
    line.end();
  }
}

}  // namespace spin::render
