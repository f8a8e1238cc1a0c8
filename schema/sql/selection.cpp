#include "schema/sql/selection.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "schema/base/edit_distance.h"
#include "schema/sql/statistics.h"
#include "schema/sql/view_docs.h"

namespace spin {
namespace {

constexpr std::array<std::string_view, 10> kTexts{"sweep",  "name",     "network", "sharing", "transform",
                                                  "fusion", "settings", "dataset", "state",   "data"};
constexpr std::array<std::string_view, 3> kFronts{"params", "flops", "both"};
/// The longer first, so that none is taken for another.
constexpr std::array<std::string_view, 9> kOperators{"<=", ">=", "!=", "==", "!~", "=", "<", ">", "~"};

Error wrong(const std::string& what) { return {ErrorCode::invalid_argument, what}; }

bool is_text(std::string_view column) { return std::ranges::find(kTexts, column) != kTexts.end(); }

bool is_better_high(std::string_view column) {
  return column.starts_with("top1_") ? column != "top1_deviation"
                                     : column.starts_with("difference") || column == "images_per_second" ||
                                           column == "completed" || column == "finished" || column == "pairs";
}

/// "1.5M": a number with k, M or G behind it.
std::optional<double> number_in(std::string_view text) {
  double factor = 1;
  if (!text.empty())
    if (const auto unit = std::string_view("kMG").find(text.back()); unit != std::string_view::npos) {
      constexpr std::array kFactors{1e3, 1e6, 1e9};
      factor = kFactors[unit];
      text.remove_suffix(1);
    }
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::isfinite(number * factor) ? std::optional(number * factor) : std::nullopt;
}

std::string sql_number(double number) {
  std::array<char, 64> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr};
}

std::string list_of(const std::vector<std::int64_t>& sweeps) {
  std::string list;
  for (const auto sweep : sweeps) (list += list.empty() ? "" : ", ") += std::to_string(sweep);
  return list;
}

Result<std::string> condition_of(const std::string& text) {
  const auto end = text.find_first_of("<>=!~");
  const auto* found = end == std::string::npos ? kOperators.end()
                                               : std::ranges::find_if(kOperators, [&](std::string_view one) {
                                                   return text.compare(end, one.size(), one) == 0;
                                                 });
  if (found == kOperators.end())
    return wrong("'" + text +
                 "' is no condition; give COLUMN, one of = != < <= > >= ~ (contains) !~, and a value, as "
                 "'params<1M' or 'fusion=mean'");
  std::string name = text.substr(0, end);
  while (!name.empty() && name.back() == ' ') name.pop_back();
  SPIN_ASSIGN(const auto column, column_of_cells(name));
  std::string value = text.substr(end + found->size());
  value.erase(0, std::min(value.find_first_not_of(' '), value.size()));
  value.erase(value.find_last_not_of(' ') + 1);
  if (found->ends_with('~')) {
    if (!is_text(column))
      return wrong("'" + text + "': " + column + " is a number, and contains nothing; compare it");
    return std::string(found->starts_with('!') ? "NOT " : "") + "instr(lower(" + column + "), lower(" +
           sql_quoted(value) + "))";
  }
  if (is_text(column)) return column + " " + std::string(*found) + " " + sql_quoted(value);
  const auto number = number_in(value);
  if (!number)
    return wrong("'" + text + "': " + column + " is a number, and '" + value +
                 "' is none; give one, as 82.5 or 1.5M");
  return column + " " + std::string(*found) + " " + sql_number(*number);
}

Result<std::string> order_of(const std::string& text) {
  const auto colon = text.find(':');
  const std::string way = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (colon != std::string::npos && way != "asc" && way != "desc")
    return wrong("'" + text + "': behind the colon stands asc or desc");
  SPIN_ASSIGN(const auto column, column_of_cells(text.substr(0, colon)));
  const bool descends = way.empty() ? is_better_high(column) : way == "desc";
  return column + (descends ? " DESC" : " ASC") + " NULLS LAST";
}

/// The view's columns, where the differences are to one cell.
std::string columns_against(const std::string& sweeps, const std::string& baseline) {
  std::string columns;
  for (const auto& column : find_view_doc("cells")->columns) {
    std::string value = "c." + column.name;
    if (column.name == "pairs") value = "coalesce(d.pairs, 0)";
    if (column.name == "baseline" || column.name.starts_with("difference")) value = "d." + column.name;
    (columns += columns.empty() ? "" : ", ") += value + " AS " + column.name;
  }
  const std::string x = "r.top1 - b.top1";
  const auto half = [](const char* sign) {
    return "difference " + std::string(sign) + " " + sql_of_student_t("pairs - 1") +
           " * deviation / sqrt(pairs)";
  };
  const std::string base =
      "WITH base AS MATERIALIZED (SELECT r.sweep_id AS sweep_id, r.cell AS cell, r.seed AS seed, r.top1 AS "
      "top1"
      " FROM labelled_cell k CROSS JOIN results r ON r.sweep_id = k.sweep AND r.cell = k.position WHERE "
      "k.sweep IN (" +
      sweeps + ") AND k.name = " + sql_quoted(baseline) + ") ";
  return "(" + base + "SELECT " + columns +
         " FROM cells c LEFT JOIN (SELECT sweep_id, cell, baseline, pairs, difference, " + half("-") +
         " AS difference_low, " + half("+") +
         " AS difference_high FROM (SELECT r.sweep_id AS sweep_id, r.cell AS cell, b.cell AS baseline, "
         "count(" +
         x + ") AS pairs, avg(" + x + ") AS difference, " + sql_of_deviation(x) +
         " AS deviation FROM results r CROSS JOIN base b ON b.sweep_id = r.sweep_id AND b.seed = r.seed "
         "WHERE r.sweep_id IN (" +
         sweeps +
         ") GROUP BY r.sweep_id, r.cell)) d ON d.sweep_id = c.sweep_id AND d.cell = c.cell WHERE c.sweep_id "
         "IN (" +
         sweeps + "))";
}

}  // namespace

std::string sql_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    if (c != '\0') quoted += c;
  }
  return quoted + "'";
}

Result<std::string> column_of_cells(const std::string& name) {
  const auto& columns = find_view_doc("cells")->columns;
  if (std::ranges::find(columns, name, &ColumnDoc::name) != columns.end()) return name;
  const auto nearest = std::ranges::min_element(
      columns, {}, [&](const ColumnDoc& column) { return edit_distance(column.name, name); });
  std::string all;
  for (const auto& column : columns) (all += all.empty() ? "" : ", ") += column.name;
  const bool is_near = edit_distance(nearest->name, name) <= std::max<std::size_t>(2, name.size() / 2);
  return wrong("there is no column '" + name + "'" + (is_near ? "; do you mean " + nearest->name + "?" : "") +
               " The columns are " + all);
}

Result<std::string> statement_of(const Selection& selection) {
  const std::string sweeps = list_of(selection.sweeps);
  std::string conditions = "sweep_id IN (" + sweeps + ")";
  for (const auto& text : selection.where) {
    SPIN_ASSIGN(const auto condition, condition_of(text));
    conditions += " AND " + condition;
  }
  if (!selection.front.empty()) {
    if (std::ranges::find(kFronts, selection.front) == kFronts.end())
      return wrong("there is no front of '" + selection.front +
                   "'; there are those of top-1 and params, flops, or both");
    // As the view pareto, of these sweeps alone.
    conditions +=
        " AND (sweep_id, cell) IN (WITH c AS MATERIALIZED (SELECT sweep_id, cell, top1_mean, params, flops "
        "FROM"
        " cells WHERE sweep_id IN (" +
        sweeps +
        ") AND top1_mean IS NOT NULL ORDER BY top1_mean DESC LIMIT -1)"
        " SELECT sweep_id, cell FROM c WHERE " +
        sql_of_front(selection.front) + ")";
  }
  std::string order;
  for (const auto& text : selection.sort) {
    SPIN_ASSIGN(const auto one, order_of(text));
    (order += order.empty() ? " ORDER BY " : ", ") += one;
  }
  if (!order.empty() || selection.sweeps.size() > 1)
    (order += order.empty() ? " ORDER BY " : ", ") += "sweep_id, cell";
  const std::string from = selection.baseline.empty() ? "cells" : columns_against(sweeps, selection.baseline);
  return "SELECT * FROM " + from + " WHERE " + conditions + order;
}

std::string effects_statement(const std::vector<std::int64_t>& sweeps, const std::string& axis) {
  return "SELECT sweep, axis, value, against, cells, pairs, difference, difference_low, difference_high FROM "
         "effects"
         " WHERE sweep_id IN (" +
         list_of(sweeps) + ")" + (axis.empty() ? "" : " AND axis = " + sql_quoted(axis)) +
         " ORDER BY sweep_id, axis, difference DESC";
}

}  // namespace spin
