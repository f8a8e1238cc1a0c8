#include <algorithm>
#include <iostream>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "client/commands/cell_query.h"
#include "client/commands/control_client.h"
#include "client/commands/options.h"
#include "client/commands/paper_tables.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/comparison.h"

namespace spin::cli {
namespace {

using Rows = std::vector<render::ComparedRow>;

struct CompareOptions {
  std::vector<int> tables;          ///< empty: those of which there is a cell
  std::vector<std::string> sweeps;  ///< empty: all
  render::Format format = render::Format::table;
};

/// Of each row of the paper the cell that counts: with results rather than without, trained as published
/// rather than otherwise, then of the newest sweep. How it was trained costs most, and is asked of the
/// hundred first.
constexpr const char* kCells = R"(
WITH candidate AS (
  SELECT p.table_number, p.row_number, p.sweep_id, p.cell, c.finished > 0 AS has_results,
         count(*) OVER (PARTITION BY p.table_number, p.row_number, p.sweep_id) - 1 AS alike,
         row_number() OVER (PARTITION BY p.table_number, p.row_number
                            ORDER BY c.finished > 0 DESC, p.sweep_id DESC, p.cell) AS place
  FROM published p CROSS JOIN cells c ON c.sweep_id = p.sweep_id AND c.cell = p.cell{})
SELECT * FROM (
  SELECT p.table_number, p.row_number, p.sweep, p.sweep_id, p.newest, p.cell, c.settings, p.otherwise, p.state,
         c.params, c.flops, c.seeds, c.finished, c.diverged, c.top1_mean, c.top1_deviation, a.alike,
         row_number() OVER (PARTITION BY p.table_number, p.row_number
                            ORDER BY a.has_results DESC, p.otherwise = '' DESC, p.sweep_id DESC, c.finished DESC,
                                     p.cell) AS place
  FROM candidate a
  CROSS JOIN published p ON p.sweep_id = a.sweep_id AND p.cell = a.cell AND p.table_number = a.table_number
                        AND p.row_number = a.row_number
  CROSS JOIN cells c ON c.sweep_id = a.sweep_id AND c.cell = a.cell
  WHERE a.place <= 100)
WHERE place = 1)";

/// Takes the values of a row of the answer one after the other; nothing of one that is of another type.
class Values {
 public:
  explicit Values(const QueryRow& row) : row_(row) {}
  std::int64_t whole() { return next<std::int64_t>().value_or(0); }
  std::string text() { return next<std::string>().value_or(""); }
  std::optional<double> number() { return next<double>(); }

 private:
  template <class T>
  std::optional<T> next() {
    const auto* value = std::get_if<T>(&row_.at(column_++));
    return value == nullptr ? std::nullopt : std::optional<T>(*value);
  }
  const QueryRow& row_;
  std::size_t column_ = 0;
};

render::OwnCell own_cell(Values& values) {
  render::OwnCell own;
  own.sweep = values.text();
  own.sweep_id = values.whole();
  own.is_newest = values.whole() != 0;
  own.cell = values.whole();
  own.settings = values.text();
  own.otherwise = values.text();
  own.state = values.text();
  own.params = values.whole();
  own.flops = values.whole();
  own.seeds = values.whole();
  own.finished = values.whole();
  own.diverged = values.whole();
  own.top1_mean = values.number();
  own.top1_deviation = values.number();
  own.alike = values.whole();
  return own;
}

/// What trains what is missing of the row. About a file that no spind serves, only `run` can do something.
std::string command_for(const render::ComparedRow& row, const std::string& database) {
  const auto& own = row.own;
  if (own && own->finished == own->seeds) return "";
  const auto file = fmt::format("deploy/sweeps/paper/table-{}.yaml", row.paper.table);
  if (!database.empty()) return fmt::format("spinctl run {} --db {}", file, database);
  if (!own) return "spinctl submit " + file;
  const auto sweep = own->is_newest ? own->sweep : std::to_string(own->sweep_id);
  if (own->state == "failed" || own->state == "blocked" || own->state == "cancelled")
    return "spinctl retry " + sweep;
  return own->state == "paused" ? "spinctl resume " + sweep : "";
}

/// Every row of the paper, each with its cell.
Result<Rows> compared_rows(ControlClient& client, const std::vector<std::string>& sweeps,
                           const std::string& database) {
  Rows rows;
  for (const auto& row : published_rows()) rows.push_back({row, {}, {}, {}});
  SPIN_ASSIGN(const auto ids, numbers_of_sweeps(client, sweeps));
  const auto filter =
      ids.empty() ? std::string() : fmt::format(" WHERE p.sweep_id IN ({})", fmt::join(ids, ", "));
  SPIN_ASSIGN(const auto answer, client.query(fmt::format(kCells, filter), 0));
  for (const auto& cells : answer.rows) {
    Values values(cells);
    const auto table = values.whole(), number = values.whole();
    for (auto& row : rows)
      if (row.paper.table == table && row.paper.number == number) row.own = own_cell(values);
  }
  for (auto& row : rows) row.command = command_for(row, database);
  return rows;
}

/// The rows of each of the paper's tables that is asked for, with their order.
std::vector<Rows> by_table(const Rows& rows, const std::vector<int>& asked) {
  std::set<int> tables(asked.begin(), asked.end());
  if (asked.empty())
    for (const auto& row : rows)
      if (row.own) tables.insert(row.paper.table);
  std::vector<Rows> all;
  for (const int table : tables) {
    auto& own = all.emplace_back(rows);
    std::erase_if(own, [table](const auto& row) { return row.paper.table != table; });
    render::count_pairs(own);
  }
  return all;
}

/// Table after table, each with what there is to say of it.
void print_tables(const std::vector<Rows>& tables, render::Format format, std::string_view absent) {
  const bool is_markdown = format == render::Format::markdown;
  const auto style = style_of(STDOUT_FILENO);
  const char* gap = "";
  for (const auto& rows : tables) {
    std::cout << gap
              << (is_markdown ? fmt::format("## Table {}\n\n", rows.front().paper.table)
                              : render::painted(fmt::format("Table {}", rows.front().paper.table),
                                                render::Tone::heading, style) +
                                    "\n");
    render::write_table(std::cout, render::comparison_table(rows, absent), format, style);
    if (is_markdown) std::cout << "\n";
    for (const auto& note : render::comparison_notes(rows, absent))
      std::cout << (is_markdown ? "- " : "") << render::printable(note, own_charset()) << "\n";
    gap = "\n";
  }
}

int compare(const Invocation& invocation, const CompareOptions& options) {
  for (const int table : options.tables)
    if (const auto status = check_paper_table(table); !status.ok()) return report(status.error());
  auto client = ControlClient::make(invocation.address());
  if (!client.ok()) return report(client.error());
  const auto rows = compared_rows(*client, options.sweeps, invocation.unserved_database);
  if (!rows.ok()) return report(rows.error());
  const auto tables = by_table(*rows, options.tables);
  const bool for_people =
      options.format == render::Format::table || options.format == render::Format::markdown;
  const std::string absent = options.sweeps.empty() ? "not in any sweep" : "not in these sweeps";
  if (for_people && !tables.empty()) {
    print_tables(tables, options.format, absent);
    return kDone;
  }
  Rows all;
  for (const auto& of_table : tables) all.insert(all.end(), of_table.begin(), of_table.end());
  print_listing(
      render::comparison_table(all, absent), options.format,
      fmt::format("{} a cell of the paper's tables, which train on all of imagenet; begin with `{}`, or "
                  "`spinctl compare 1` to see what Table 1 takes",
                  options.sweeps.empty() ? "no sweep has" : "these sweeps do not have",
                  rows->front().command));
  return kDone;
}

constexpr const char* kCompareFooter = R"(
A row of the paper is compared with the cell of a sweep that has its network, sharing, transform and fusion,
trained on all of imagenet without label noise, whatever the sweep is called. Of several, one with results
counts before one without, one trained as the paper's sweeps say before one trained otherwise (`not as
published` says in what), then the one of the newest sweep; --sweep looks at some sweeps alone.

params and FLOPs in millions and billions; top-1 in percent, ours as the mean over the seeds that are done,
with their sample deviation; diff: ours above the paper's, in points. order: kept where the row stands above
and below the other finished rows of its table as in the paper, else how many of these pairs do. What diverged
has no top-1 and takes no part in it, and rows that are equal in the paper are no pair.

JSON and CSV have the command for what is missing in each row; other formats have it below the table.

Examples:
  spinctl compare
  spinctl compare 1 4
  spinctl compare 4 --sweep paper-table-4 --format markdown
  spinctl compare --db nightly.db --format csv > paper.csv)";

}  // namespace

void add_compare(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<CompareOptions>();
  auto* verb = app.add_subcommand(
      "compare", "The paper's tables beside your results: difference, order, what is missing");
  verb->add_option("TABLE", options->tables,
                   "numbers of the paper's tables; default: those of which a sweep has a cell");
  verb->add_option("--sweep", options->sweeps, "id or name: look at this sweep alone; may be repeated")
      ->type_name("SWEEP")
      ->allow_extra_args(false);
  add_format(*verb, options->format);
  verb->footer(kCompareFooter);
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return compare(invocation, *options); };
  });
}

}  // namespace spin::cli
