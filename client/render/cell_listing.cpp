#include "client/render/cell_listing.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "client/render/cells.h"

namespace spin::render {
namespace {

/// One row, by the names of its columns.
class Values {
 public:
  Values(const std::vector<std::string>& columns, const QueryRow& row) : columns_(columns), row_(row) {}

  [[nodiscard]] std::string text(std::string_view column) const {
    const auto* value = find<std::string>(column);
    return value == nullptr ? "" : *value;
  }
  [[nodiscard]] std::optional<double> number(std::string_view column) const {
    if (const auto* whole = find<std::int64_t>(column)) return static_cast<double>(*whole);
    const auto* real = find<double>(column);
    return real == nullptr ? std::nullopt : std::optional(*real);
  }
  [[nodiscard]] std::int64_t whole(std::string_view column) const {
    const auto* value = find<std::int64_t>(column);
    return value == nullptr ? 0 : *value;
  }

 private:
  template <class T>
  [[nodiscard]] const T* find(std::string_view column) const {
    const auto found = std::ranges::find(columns_, column);
    return found == columns_.end()
               ? nullptr
               : std::get_if<T>(&row_[static_cast<std::size_t>(found - columns_.begin())]);
  }

  const std::vector<std::string>& columns_;
  const QueryRow& row_;
};

std::string two_decimals(double value) { return fixed(value, 2); }
std::string rounded(double value) { return quantity(value); }

std::vector<std::string> list_of(const std::string& text) {
  std::vector<std::string> items;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    items.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return items;
}

TableCell interval_cell(const std::optional<double>& low, const std::optional<double>& high,
                        std::string (*show)(double)) {
  if (!low || !high) return {"-", Missing{}, Tone::muted};
  return {fmt::format("{} to {}", show(*low), show(*high)), Missing{}, Tone::plain};
}

TableCell difference_cell(const std::optional<double>& points) {
  auto cell = number_cell(points, difference);
  if (points) cell.tone = *points < 0 ? Tone::warning : Tone::good;
  return cell;
}

bool is_text(std::string_view column) {
  return column == "sweep" || column == "name" || column == "network" || column == "sharing" ||
         column == "transform" || column == "fusion" || column == "settings" || column == "dataset" ||
         column == "state" || column == "data" || column == "axis" || column == "value" ||
         column == "against";
}

/// A column of the views, and how it looks.
TableCell cell_of(const Values& values, std::string_view column) {
  const auto number = values.number(column);
  if (column == "params" || column == "flops") return quantity_cell(values.whole(column));
  if (column == "difference") return difference_cell(number);
  if (column.starts_with("difference_")) return number_cell(number, difference);
  if (column.starts_with("top1_")) return number_cell(number, two_decimals);
  if (column == "seconds") return number_cell(number, duration);
  if (column == "images_per_second") return number_cell(number, rounded);
  if (column == "data") {
    auto cell = text_cell(values.text(column));
    cell.value = list_of(values.text(column));
    return cell;
  }
  if (number) return whole_cell(values.whole(column));
  if (is_text(column)) return text_cell(values.text(column));
  return {"-", Missing{}, Tone::muted};
}

std::string title_of(std::string_view column) {
  if (column == "top1_mean") return "top-1 %";
  if (column == "flops") return "FLOPs";
  if (column == "difference") return "diff";
  if (column == "seconds") return "time";
  if (column == "images_per_second") return "images/s";
  return std::string(column);
}

/// What people see where they choose nothing; others are for machines. One that is no column of the view is
/// made of several.
std::vector<Column> usual_columns(const CellRows& cells) {
  const auto right = Align::right;
  std::vector<Column> columns = {
      {.key = "network", .title = "network"},
      {.key = "sharing", .title = "sharing", .shrink = 2, .min_width = 10},
      {.key = "transform", .title = "transform", .drop_if = "none"},
      {.key = "fusion", .title = "fusion", .shrink = 3, .min_width = 10, .drop_if = "none"},
      {.key = "settings", .title = "settings", .shrink = 4, .min_width = 10, .drop_if = ""},
      {.key = "params", .title = "params", .align = right, .rank = 4},
      {.key = "flops", .title = "FLOPs", .align = right, .rank = 6},
      {.key = "top1", .title = "top-1 %", .align = right, .audience = Audience::people},
      {.key = "interval",
       .title = "95 %",
       .align = right,
       .audience = Audience::people,
       .rank = 7,
       .drop_if = "-"},
      {.key = "difference", .title = "diff", .align = right},
      {.key = "difference_interval",
       .title = "95 % of diff",
       .align = right,
       .audience = Audience::people,
       .rank = 3,
       .drop_if = "-"},
      {.key = "done", .title = "seeds", .align = right, .audience = Audience::people, .rank = 5},
      {.key = "diverged", .title = "diverged", .align = right, .rank = 2, .drop_if = "0"},
      {.key = "failed", .title = "failed", .align = right, .rank = 1, .drop_if = "0"},
      {.key = "state", .title = "state", .drop_if = "completed"}};
  const bool has_one_sweep = std::ranges::all_of(cells.rows, [&](const QueryRow& row) {
    return Values(cells.columns, row).whole("sweep_id") ==
           Values(cells.columns, cells.rows.front()).whole("sweep_id");
  });
  columns.insert(
      columns.begin(),
      {.key = "sweep", .title = "sweep", .audience = has_one_sweep ? Audience::machines : Audience::all});
  for (const auto& name : cells.columns)
    if (std::ranges::find(columns, name, &Column::key) == columns.end())
      columns.push_back({.key = name, .title = "", .audience = Audience::machines});
  return columns;
}

TableCell usual_cell(const Values& values, const std::string& key) {
  if (key == "top1")
    return number_cell(values.number("top1_mean"), [&](double mean) {
      return mean_and_deviation(mean, values.number("top1_deviation"));
    });
  if (key == "interval")
    return interval_cell(values.number("top1_low"), values.number("top1_high"), two_decimals);
  if (key == "difference_interval")
    return interval_cell(values.number("difference_low"), values.number("difference_high"), difference);
  if (key == "done") {
    const auto finished = values.whole("finished"), seeds = values.whole("seeds");
    return {fmt::format("{}/{}", finished, seeds), Missing{}, finished < seeds ? Tone::warning : Tone::plain};
  }
  auto cell = cell_of(values, key);
  if (key == "diverged" || key == "failed") cell.tone = Tone::warning;
  return cell;
}

Table table_of(const CellRows& rows, std::vector<Column> columns) {
  return {columns, rows.rows.size(), [rows, columns](std::size_t i) {
            const Values values(rows.columns, rows.rows[i]);
            Row cells;
            for (const auto& column : columns) cells.push_back(usual_cell(values, column.key));
            return cells;
          }};
}

std::vector<Column> columns_of(const std::vector<std::string>& names) {
  std::vector<Column> columns;
  for (const auto& name : names)
    columns.push_back({.key = name,
                       .title = title_of(name),
                       .align = is_text(name) ? Align::left : Align::right,
                       .shrink = is_text(name) ? 1 : 0});
  return columns;
}

}  // namespace

Table cells_table(const CellRows& cells, const std::vector<std::string>& chosen) {
  return table_of(cells, chosen.empty() ? usual_columns(cells) : columns_of(chosen));
}

Table effects_table(const CellRows& effects) {
  auto columns = columns_of(effects.columns);
  for (auto& column : columns) {
    if (column.key == "difference_low" || column.key == "difference_high")
      column.audience = Audience::machines;
    if (column.key == "cells" || column.key == "pairs") column.rank = 1;
  }
  columns.push_back(
      {.key = "difference_interval", .title = "95 %", .align = Align::right, .audience = Audience::people});
  return table_of(effects, std::move(columns));
}

std::vector<std::string> mixed_data(const CellRows& cells) {
  std::map<std::string, std::map<std::string, int>> found;  // cells by data set and fingerprint
  for (const auto& row : cells.rows) {
    const Values values(cells.columns, row);
    for (const auto& data : list_of(values.text("data"))) ++found[values.text("dataset")][data];
  }
  std::vector<std::string> lines;
  for (const auto& [dataset, states] : found) {
    if (states.size() < 2) continue;
    std::string text;
    for (const auto& [data, count] : states)
      text += fmt::format("{}{} of {}", text.empty() ? "" : ", ", data, counted(count, "cell"));
    lines.push_back(
        fmt::format("WARNING: OTHER DATA: these results of {} rest on {} different states of its files and "
                    "do not compare: "
                    "{}; `spinctl doctor` says more, and `spinctl submit --retrain` trains them anew",
                    dataset, states.size(), text));
  }
  return lines;
}

}  // namespace spin::render
