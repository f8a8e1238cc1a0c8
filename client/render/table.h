#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/render/style.h"
#include "client/render/text.h"

namespace spin::render {

enum class Format { table, json, csv, markdown };
enum class Align { left, right };
/// Who sees a column: people read tables and Markdown, machines read JSON and CSV.
enum class Audience { all, people, machines };

struct Column {
  std::string key;    ///< for machines: snake_case, never renamed
  std::string title;  ///< for people
  Align align = Align::left;
  Audience audience = Audience::all;
  /// The highest gives way first where a line is too long, as far as its cells stay apart; 0 = never.
  int shrink = 0;
  std::size_t min_width = 8;  ///< columns of the terminal that shrinking leaves
  Cut cut = Cut::end;
  bool tells_apart = true;  ///< false: prose, whose cells may come to look alike where they are cut
  /// The highest is left out first where the line is too long though all are as narrow as they may be; 0 =
  /// stays.
  int rank = 0;
  const char* drop_if = nullptr;  ///< people do not see the column where every cell says this
};

/// The value is the text itself.
struct AsText {};
/// There is no value: null in JSON, nothing in CSV.
struct Missing {};
using CellValue = std::variant<AsText, Missing, bool, std::int64_t, double, std::string,
                               std::vector<std::string>, std::vector<int>>;

struct TableCell {
  std::string text;  ///< for people
  CellValue value;   ///< for machines
  Tone tone = Tone::plain;
};
using Row = std::vector<TableCell>;  ///< one cell a column

/// Rows are made when they are written, so that a listing of a million does not stand in memory as cells.
/// `row` gives the same for the same index, 0 to row_count - 1; what it refers to outlives the table.
struct Table {
  std::vector<Column> columns;
  std::size_t row_count = 0;
  std::function<Row(std::size_t)> row;
};

/// Table: fitted to the style's width, no trailing spaces; what tells two rows apart is never cut off. JSON:
/// one array of objects, a row a line. CSV: RFC 4180 with a header. Markdown: a GitHub table. JSON and CSV
/// carry raw numbers; colours are for tables alone. A terminal gets the texts of CSV as printable() has them.
void write_table(std::ostream& out, const Table& table, Format format, const Style& style);

/// JSON text of one row: {"key": value, ...}.
std::string row_to_json(const Table& table, std::size_t index);

}  // namespace spin::render
