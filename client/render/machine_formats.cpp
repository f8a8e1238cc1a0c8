#include <cmath>
#include <ostream>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/render/table_formats.h"

namespace spin::render {
namespace {

std::string json_text(const std::string& text) {
  return escaped_json(nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

template <class T>
std::string json_list(const std::vector<T>& items) {
  std::string text = "[";
  for (const auto& item : items) {
    if (text.size() > 1) text += ',';
    if constexpr (std::is_same_v<T, std::string>) {
      text += json_text(item);
    } else {
      text += fmt::format("{}", item);
    }
  }
  return text + "]";
}

std::string json_value(const TableCell& cell) {
  return std::visit(
      [&cell](const auto& value) -> std::string {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, AsText>) return json_text(cell.text);
        if constexpr (std::is_same_v<T, Missing>) return "null";
        if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
        if constexpr (std::is_same_v<T, std::int64_t>) return fmt::format("{}", value);
        if constexpr (std::is_same_v<T, double>)
          return std::isfinite(value) ? nlohmann::json(value).dump() : "null";
        if constexpr (std::is_same_v<T, std::string>) return json_text(value);
        if constexpr (std::is_same_v<T, std::vector<std::string>> || std::is_same_v<T, std::vector<int>>)
          return json_list(value);
      },
      cell.value);
}

std::string csv_quoted(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

std::string csv_field(std::string_view text, const Style& style) {
  return style.is_terminal ? csv_quoted(printable(text, style.charset)) : csv_quoted(text);
}

std::string csv_value(const TableCell& cell, const Style& style) {
  return std::visit(
      [&](const auto& value) -> std::string {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, AsText>) return csv_field(cell.text, style);
        if constexpr (std::is_same_v<T, Missing>) return "";
        if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
        if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, double>)
          return fmt::format("{}", value);
        if constexpr (std::is_same_v<T, std::string>) return csv_field(value, style);
        if constexpr (std::is_same_v<T, std::vector<std::string>> || std::is_same_v<T, std::vector<int>>)
          return csv_field(fmt::format("{}", fmt::join(value, " ")), style);
      },
      cell.value);
}

bool is_for_machines(const Column& column) { return column.audience != Audience::people; }

}  // namespace

std::string row_to_json(const Table& table, std::size_t index) {
  const Row row = table.row(index);
  std::string text = "{";
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (!is_for_machines(table.columns[c])) continue;
    if (text.size() > 1) text += ", ";
    text += json_text(table.columns[c].key) + ": " + json_value(row[c]);
  }
  return text + "}";
}

void write_json(std::ostream& out, const Table& table) {
  out << '[';
  for (std::size_t r = 0; r < table.row_count; ++r)
    out << (r == 0 ? "\n  " : ",\n  ") << row_to_json(table, r);
  out << (table.row_count == 0 ? "]\n" : "\n]\n");
}

void write_csv(std::ostream& out, const Table& table, const Style& style) {
  std::string line;
  const auto add = [&line](bool first, const std::string& field) { (line += first ? "" : ",") += field; };
  bool first = true;
  for (const auto& column : table.columns)
    if (is_for_machines(column)) add(std::exchange(first, false), csv_field(column.key, style));
  out << line << "\r\n";
  for (std::size_t r = 0; r < table.row_count; ++r) {
    const Row row = table.row(r);
    line.clear();
    first = true;
    for (std::size_t c = 0; c < row.size(); ++c)
      if (is_for_machines(table.columns[c])) add(std::exchange(first, false), csv_value(row[c], style));
    out << line << "\r\n";
  }
}

}  // namespace spin::render
