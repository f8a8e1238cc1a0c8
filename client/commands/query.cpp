#include <algorithm>
#include <array>
#include <cctype>
#include <iostream>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "client/commands/control_client.h"
#include "client/commands/options.h"
#include "client/commands/read_text.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/cells.h"
#include "client/render/query_listing.h"
#include "schema/sql/view_docs.h"

namespace spin::cli {
namespace {

constexpr std::size_t kMaxSqlBytes = 64 << 10;
constexpr std::int64_t kMostRows = 10'000'000;

constexpr const char* kFooter = R"(
Views:
{views}
`spinctl query --schema` says what their columns are, `--schema cells` those of one.

One statement that reads; SQL is SQLite's. JSON keeps numbers as numbers and NULL as null. Several sweeps may have
had one name: newest = 1 keeps the one that the name means everywhere else. A job that diverged has no top1 (NULL)
and counts in no mean.

Examples:
  The best configurations of a sweep:
  spinctl query "SELECT network, sharing, fusion, params, top1_mean, difference FROM cells
                 WHERE sweep = 'my-sweep' AND newest ORDER BY top1_mean DESC LIMIT 10"

  How far from the paper's own accuracy (`spinctl compare` shows whole tables):
  spinctl query "SELECT p.table_number, c.network, c.sharing, c.fusion, c.top1_mean - p.top1 AS difference
                 FROM published p JOIN cells c ON c.sweep_id = p.sweep_id AND c.cell = p.cell WHERE p.newest"

  Where the seconds of an epoch go:
  spinctl query "SELECT name, avg(seconds) AS epoch, avg(data_seconds) AS data, avg(forward_seconds) AS forward,
                        avg(backward_seconds) AS backward, avg(step_seconds) AS step
                 FROM epochs WHERE newest GROUP BY name ORDER BY epoch DESC"

  spinctl query --schema cells

  spinctl query --file top.sql --format csv > top.csv)";

std::string footer() {
  std::string views;
  for (const auto& view : view_docs())
    views +=
        fmt::format("  {:<11} {}\n", view.name, view.meaning.substr(0, view.meaning.find_first_of(".:")));
  return fmt::format(kFooter, fmt::arg("views", views));
}

struct QueryOptions {
  std::string sql;
  bool schema = false;
  std::string file;
  std::int64_t limit = 0;  ///< rows; 0 = the coordinator's own
  render::Format format = render::Format::table;
};

Result<std::string> sql_of(const QueryOptions& options) {
  if (options.sql.empty() == options.file.empty())
    return Error{ErrorCode::invalid_argument,
                 "give the statement as SQL, as - for standard input, or as --file FILE"};
  if (!options.file.empty()) return read_text(options.file, {kMaxSqlBytes, "a statement"});
  if (options.sql == "-") return read_text("-", {kMaxSqlBytes, "a statement"});
  return options.sql;
}

/// Words that no statement which reads begins with.
constexpr std::array<std::string_view, 16> kWritingWords{
    "ALTER", "ANALYZE", "ATTACH", "BEGIN",   "COMMIT",  "CREATE",   "DELETE", "DETACH",
    "DROP",  "INSERT",  "PRAGMA", "REINDEX", "REPLACE", "ROLLBACK", "UPDATE", "VACUUM"};

bool begins_with_writing(const std::string& sql) {
  const auto begin = sql.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return false;
  std::string word = sql.substr(begin, sql.find_first_of(" \t\r\n;(", begin) - begin);
  for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return std::find(kWritingWords.begin(), kWritingWords.end(), word) != kWritingWords.end();
}

/// What SQLite says of a statement that would write, such as that a view cannot be modified, does not say
/// that none can.
Error explained(Error error, const std::string& sql) {
  if (error.code == ErrorCode::invalid_argument && begins_with_writing(sql))
    error.message +=
        "; a query only reads: SELECT, WITH, VALUES and EXPLAIN are accepted (`spinctl --help` lists the "
        "commands that change something)";
  return error;
}

struct Described {
  const ViewDoc* view;
  const ColumnDoc* column;  ///< null for the view itself
};

/// What the views hold; of one where the statement names it.
int describe(const QueryOptions& options) {
  std::vector<Described> rows;
  for (const auto& view : view_docs()) {
    if (!options.sql.empty() && view.name != options.sql) continue;
    rows.push_back({&view, nullptr});
    for (const auto& column : view.columns) rows.push_back({&view, &column});
  }
  if (rows.empty()) {
    std::string names;
    for (const auto& view : view_docs()) names += (names.empty() ? "" : ", ") + view.name;
    return report({ErrorCode::not_found, "there is no view '" + options.sql + "'; there are " + names});
  }
  const render::Table table{
      {{.key = "view", .title = "view"},
       {.key = "column", .title = "column"},
       {.key = "meaning", .title = "meaning", .shrink = 1, .min_width = 24, .tells_apart = false}},
      rows.size(),
      [&rows](std::size_t i) -> render::Row {
        const auto& [view, column] = rows[i];
        return {render::text_cell(view->name),
                render::optional_text_cell(column == nullptr ? "" : column->name),
                render::text_cell(column == nullptr ? view->meaning : column->meaning)};
      }};
  print_listing(table, options.format, "no views");
  return kDone;
}

int query(const Invocation& invocation, const QueryOptions& options) {
  if (options.schema) return describe(options);
  const auto sql = sql_of(options);
  if (!sql.ok()) return report(sql.error());
  auto client = ControlClient::make(invocation.address());
  if (!client.ok()) return report(client.error());
  const auto answer = client->query(*sql, options.limit);
  if (!answer.ok()) return report(explained(answer.error(), *sql));
  print_listing(render::query_table(answer->columns, answer->rows), options.format, "no rows");
  std::cout.flush();
  if (answer->cut)
    complain(
        fmt::format("only the first {} rows are shown; there are more (--limit N)", answer->rows.size()));
  return kDone;
}

}  // namespace

void add_query(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<QueryOptions>();
  auto* verb =
      app.add_subcommand("query", "Read-only SQL over results, cells, jobs, epochs, the paper's figures");
  verb->add_option("SQL", options->sql, "one SELECT; - reads standard input");
  verb->add_flag("--schema", options->schema, "say what the views hold, or the one that SQL names");
  verb->add_option("--file", options->file, "read the statement from a file")->type_name("FILE");
  verb->add_option("--limit", options->limit, "at most so many rows; default: the coordinator's own limit")
      ->check(CLI::Range(std::int64_t{1}, kMostRows))
      ->type_name("N");
  add_format(*verb, options->format);
  verb->footer(footer());
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return query(invocation, *options); };
  });
}

}  // namespace spin::cli
