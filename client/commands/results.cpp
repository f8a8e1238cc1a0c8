#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "client/commands/cell_query.h"
#include "client/commands/control_client.h"
#include "client/commands/options.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/cell_listing.h"
#include "schema/sql/selection.h"

namespace spin::cli {
namespace {

struct ResultsOptions {
  std::vector<std::string> sweeps;
  Selection selection;
  std::vector<std::string> columns;
  std::string by;
  std::int64_t limit = kMostCells;
  bool sql = false;
  render::Format format = render::Format::table;
};

/// The cell that the differences are to is one of these sweeps.
Status check_baseline(ControlClient& client, const Selection& selection) {
  if (selection.baseline.empty()) return {};
  std::string sweeps;
  for (const auto sweep : selection.sweeps) sweeps += (sweeps.empty() ? "" : ", ") + std::to_string(sweep);
  SPIN_ASSIGN(const auto found, client.query("SELECT 1 FROM cells WHERE sweep_id IN (" + sweeps +
                                                 ") AND name = " + sql_quoted(selection.baseline),
                                             1));
  if (!found.rows.empty()) return {};
  return Error{ErrorCode::not_found, "no cell of these sweeps is called '" + selection.baseline +
                                         "'; `spinctl results SWEEP --columns name` lists them"};
}

/// There is nothing to tell of the axis: because it is none, or because nothing is done yet.
Status explain_no_effects(ControlClient& client, const ResultsOptions& options) {
  SPIN_ASSIGN(const auto axes,
              client.query("SELECT DISTINCT axis FROM (" + effects_statement(options.selection.sweeps, "") +
                               ") ORDER BY axis",
                           1000));
  std::string known;
  for (const auto& row : axes.rows) known += (known.empty() ? "" : ", ") + std::get<std::string>(row.at(0));
  if (known.empty()) return {};
  return Error{ErrorCode::invalid_argument, "no two jobs that are done differ in '" + options.by +
                                                "' alone; such jobs differ in " + known};
}

Status print_effects(ControlClient& client, const ResultsOptions& options, const std::string& sql) {
  SPIN_ASSIGN(const auto effects, client.query(sql, options.limit));
  if (effects.rows.empty()) SPIN_TRY(explain_no_effects(client, options));
  print_listing(render::effects_table({effects.columns, effects.rows}), options.format,
                "no effects yet: no two jobs that are done differ in one axis alone");
  std::cout.flush();
  if (effects.cut)
    complain(
        fmt::format("only the first {} effects are shown; there are more (--limit)", effects.rows.size()));
  return {};
}

Status print_cells(ControlClient& client, const ResultsOptions& options) {
  SPIN_ASSIGN(const auto cells, cells_of(client, options.selection, options.limit));
  const render::CellRows rows{cells.columns, cells.rows};
  print_listing(render::cells_table(rows, options.columns), options.format,
                options.selection.where.empty() && options.selection.front.empty()
                    ? "the sweep has no results yet"
                    : "no cell is so");
  std::cout.flush();
  for (const auto& line : render::mixed_data(rows)) complain(line);
  if (cells.cut)
    complain(fmt::format("only the first {} cells are shown; there are more (--limit, --where)",
                         cells.rows.size()));
  return {};
}

Status list_results(const Invocation& invocation, ResultsOptions options) {
  for (const auto& column : options.columns) SPIN_TRY(column_of_cells(column));
  SPIN_TRY(statement_of(options.selection));  // what is wrong in it is told before anybody is asked
  SPIN_ASSIGN(auto client, ControlClient::make(invocation.address()));
  SPIN_ASSIGN(options.selection.sweeps, numbers_of_sweeps(client, options.sweeps));
  SPIN_ASSIGN(const auto sql, options.by.empty() ? statement_of(options.selection)
                                                 : Result<std::string>(effects_statement(
                                                       options.selection.sweeps, options.by)));
  if (options.sql) {
    std::cout << sql << '\n';
    return {};
  }
  SPIN_TRY(check_baseline(client, options.selection));
  return options.by.empty() ? print_cells(client, options) : print_effects(client, options, sql);
}

constexpr const char* kResultsFooter = R"(
A network reads C/D/P/K: channels, depth, patch, kernel (C/D where the family is not convmixer); @40
behind it: images of 40 pixels where the data set's are others. top-1 is the mean over the seeds that
are done; of two or more their sample deviation (n - 1) follows, and the interval is that of Student's t
at 95 %. diff is the difference, in points, to the same network without sharing, or to --baseline: seed by
seed, over the seeds that both have completed.

Conditions are COLUMN, an operator (= != < <= > >= ~ !~) and a value; ~ is "contains", and numbers may end
in k, M or G. `spinctl query --schema cells` says what the columns are.

Examples:
  spinctl results my-sweep
  spinctl results my-sweep --sort top1_mean --limit 10
  spinctl results my-sweep --where 'params<1M' --where fusion=mean --pareto params
  spinctl results my-sweep other-sweep --columns sweep,name,top1_mean,top1_low,top1_high
  spinctl results my-sweep --by sharing            what each value does against each other, all else equal
  spinctl results my-sweep --baseline convmixer-64-8-4-3
  spinctl results my-sweep --format markdown)";

}  // namespace

void add_results(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<ResultsOptions>();
  auto& selection = options->selection;
  auto* verb = app.add_subcommand(
      "results", "One row per cell: size, top-1 over its seeds, difference to the unshared network");
  verb->add_option("SWEEP", options->sweeps, "id or name; several stand in one table")->required();
  auto* where =
      verb->add_option("--where", selection.where, "only cells of which this holds; several all hold")
          ->type_name("CONDITION")
          ->allow_extra_args(false);
  auto* sort = verb->add_option("--sort", selection.sort, "the better first, unless :asc or :desc follows")
                   ->type_name("COLUMN,...")
                   ->delimiter(',')
                   ->allow_extra_args(false);
  auto* columns = verb->add_option("--columns", options->columns, "what to show")
                      ->type_name("COLUMN,...")
                      ->delimiter(',')
                      ->allow_extra_args(false);
  auto* pareto = verb->add_option("--pareto", selection.front,
                                  "only cells on the front of top-1 and this: params, flops or both")
                     ->type_name("WHAT");
  auto* baseline = verb->add_option("--baseline", selection.baseline, "cell that the differences are to")
                       ->type_name("NAME");
  verb->add_option("--by", options->by,
                   "effects of this axis: network, sharing, transform, fusion, or a setting as lr")
      ->type_name("AXIS")
      ->excludes(pareto)
      ->excludes(baseline)
      ->excludes(where)
      ->excludes(sort)
      ->excludes(columns);
  verb->add_option("--limit", options->limit, "at most so many rows")
      ->check(CLI::Range(std::int64_t{1}, kMostCells));
  verb->add_flag("--sql", options->sql, "print the statement behind the table instead");
  add_format(*verb, options->format);
  verb->footer(kResultsFooter);
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] {
      const Status listed = list_results(invocation, *options);
      return listed.ok() ? kDone : report(listed.error());
    };
  });
}

}  // namespace spin::cli
