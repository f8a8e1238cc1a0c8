#include "client/render/query_listing.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "client/render/cells.h"

namespace spin::render {
namespace {

struct CellOf {
  TableCell operator()(std::monostate /*null*/) const { return {"-", Missing{}, Tone::muted}; }
  TableCell operator()(std::int64_t value) const { return whole_cell(value); }
  /// Six digits are what people read; machines get them all.
  TableCell operator()(double value) const { return {fmt::format("{:.6g}", value), value, Tone::plain}; }
  TableCell operator()(const std::string& value) const { return text_cell(value); }
  TableCell operator()(const QueryBlob& value) const { return text_cell(value.hex); }
};

bool is_text(const QueryValue& value) {
  return std::holds_alternative<std::string>(value) || std::holds_alternative<QueryBlob>(value);
}

std::string unique_key(const std::string& name, std::set<std::string>& taken) {
  std::string key = name;
  for (int number = 2; !taken.insert(key).second; ++number) key = fmt::format("{}:{}", name, number);
  return key;
}

}  // namespace

Table query_table(const std::vector<std::string>& columns, const std::vector<QueryRow>& rows) {
  std::vector<Column> shown;
  std::set<std::string> taken;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const bool has_text =
        std::any_of(rows.begin(), rows.end(), [c](const QueryRow& row) { return is_text(row[c]); });
    shown.push_back({.key = unique_key(columns[c], taken),
                     .title = columns[c],
                     .align = has_text ? Align::left : Align::right,
                     .shrink = has_text ? 1 : 0,
                     .cut = Cut::middle});
  }
  return {std::move(shown), rows.size(), [&rows](std::size_t i) {
            Row cells;
            for (const auto& value : rows[i]) cells.push_back(std::visit(CellOf{}, value));
            return cells;
          }};
}

}  // namespace spin::render
