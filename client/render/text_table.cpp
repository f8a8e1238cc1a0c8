#include <algorithm>
#include <optional>
#include <ostream>
#include <set>
#include <unordered_set>

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

/// Texts of a column that are compared to see whether they stay apart; with more, only the first.
constexpr std::size_t kMaxCompared = 4096;

/// How a column gives way: as narrow as it may be, cut where its cells are alike.
struct Shrunk {
  std::size_t width = 0;
  Cut cut = Cut::end;
};

std::vector<std::string> different_texts(const Table& table, std::size_t column, Charset charset) {
  std::set<std::string> texts;
  for (std::size_t r = 0; r < table.row_count && texts.size() < kMaxCompared; ++r)
    texts.insert(printable(table.row(r)[column].text, charset));
  return {texts.begin(), texts.end()};
}

bool stay_apart(const std::vector<std::string>& texts, const Shrunk& shrunk, Charset charset) {
  std::unordered_set<std::string> shortened;
  return std::all_of(texts.begin(), texts.end(), [&](const std::string& text) {
    return shortened.insert(shorten(text, shrunk.width, shrunk.cut, charset)).second;
  });
}

/// At `width` where some cut keeps the cells apart there.
std::optional<Shrunk> shrunk_to(const std::vector<std::string>& texts, std::size_t width, Cut preferred,
                                Charset charset) {
  for (const Cut cut : {preferred, Cut::middle, Cut::front, Cut::end})
    if (const Shrunk shrunk{width, cut}; stay_apart(texts, shrunk, charset)) return shrunk;
  return std::nullopt;
}

/// The column at `width`, or, of one that tells rows apart, the next wider one that keeps its cells apart;
/// `whole` keeps all of them.
Shrunk shrink(const Table& table, std::size_t c, std::size_t width, std::size_t whole, Charset charset) {
  const auto& column = table.columns[c];
  const std::size_t narrowest = std::max({width, column.min_width, display_width(column.title)});
  if (!column.tells_apart) return {std::min(narrowest, whole), column.cut};
  const auto texts = different_texts(table, c, charset);
  for (std::size_t w = narrowest; w < whole; ++w)
    if (const auto shrunk = shrunk_to(texts, w, column.cut, charset)) return *shrunk;
  return {whole, column.cut};
}

/// The column to leave out next; none where each that is shown stays.
std::optional<std::size_t> least_important(const Table& table, const Layout& layout) {
  std::optional<std::size_t> found;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const int rank = layout.shown[c] ? table.columns[c].rank : 0;
    if (rank > 0 && (!found || rank > table.columns[*found].rank)) found = c;
  }
  return found;
}

/// Makes the layout fit: columns shrink in their order as far as needed; where that is not enough, the least
/// important one is left out, and the others shrink anew. Returns where each column is cut.
std::vector<Cut> fit(const Table& table, Layout& layout, const Style& style) {
  std::vector<Cut> cuts;
  for (const auto& column : table.columns) cuts.push_back(column.cut);
  const auto order = shrink_order(table);
  const auto whole = layout.widths;
  for (;;) {
    layout.widths = whole;
    for (const std::size_t c : order) {
      const std::size_t total = total_width(layout);
      if (total <= style.width) return cuts;
      if (!layout.shown[c]) continue;
      const auto shrunk =
          shrink(table, c, whole[c] - std::min(whole[c], total - style.width), whole[c], style.charset);
      layout.widths[c] = shrunk.width;
      cuts[c] = shrunk.cut;
    }
    if (total_width(layout) <= style.width) return cuts;
    const auto out = least_important(table, layout);
    if (!out) return cuts;
    layout.shown[*out] = false;
  }
}

/// Says which columns the terminal had no room for.
void write_left_out(std::ostream& out, const Table& table, const std::vector<bool>& before,
                    const Layout& layout, const Style& style) {
  std::string names;
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    if (before[c] && !layout.shown[c]) names += (names.empty() ? "" : ", ") + table.columns[c].title;
  if (names.empty()) return;
  out << painted("not shown at this width: " + printable(names, style.charset), Tone::muted, style) << '\n';
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

Layout measure(const Table& table, Charset charset) {
  const std::size_t count = table.columns.size();
  Layout layout{std::vector<std::size_t>(count), std::vector<bool>(count)};
  for (std::size_t c = 0; c < count; ++c) {
    const auto& column = table.columns[c];
    layout.widths[c] = display_width(printable(column.title, charset));
    layout.shown[c] =
        column.audience != Audience::machines && (column.drop_if == nullptr || table.row_count == 0);
  }
  for (std::size_t r = 0; r < table.row_count; ++r) {
    const Row row = table.row(r);
    for (std::size_t c = 0; c < count; ++c) {
      const auto& column = table.columns[c];
      if (column.audience == Audience::machines) continue;
      layout.widths[c] = std::max(layout.widths[c], display_width(printable(row[c].text, charset)));
      if (column.drop_if != nullptr && row[c].text != column.drop_if) layout.shown[c] = true;
    }
  }
  return layout;
}

void write_text(std::ostream& out, const Table& table, const Style& style) {
  Layout layout = measure(table, style.charset);
  const auto shown = layout.shown;
  std::vector<Cut> cuts(table.columns.size(), Cut::end);
  if (style.width > 0) cuts = fit(table, layout, style);
  LineWriter line(out, style);
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    if (layout.shown[c])
      line.cell(printable(table.columns[c].title, style.charset), layout.widths[c], table.columns[c].align,
                Tone::heading);
  line.end();
  for (std::size_t r = 0; r < table.row_count; ++r) {
    const Row row = table.row(r);
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      if (!layout.shown[c]) continue;
      const auto& column = table.columns[c];
      line.cell(shorten(printable(row[c].text, style.charset), layout.widths[c], cuts[c], style.charset),
                layout.widths[c], column.align, row[c].tone);
    }
    line.end();
  }
  write_left_out(out, table, shown, layout, style);
}

}  // namespace spin::render
