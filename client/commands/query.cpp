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
#include "client/render/query_listing.h"
#include "schema/job/metrics.h"

namespace spin::cli {
namespace {

constexpr std::size_t kMaxSqlBytes = 64 << 10;
constexpr std::int64_t kMostRows = 10'000'000;

constexpr const char* kFooter = R"(
Views:
  results   one row per finished job: sweep, sweep_id, newest, position, job, name, cell, network, sharing,
            transform, fusion, settings, seed, outcome, worker, finished_at, dataset, data (fingerprint of
            what it was trained on) and the metrics of a job:
            {result}
  cells     results over seeds: sweep, sweep_id, newest, cell, network, sharing, transform, fusion, settings,
            params, flops, seeds, finished, diverged, top1_mean, top1_deviation, difference (to the unshared
            network), dataset, data
  jobs      sweep, sweep_id, newest, position, job, name, state, reason, priority, cell, network, sharing,
            transform, fusion, settings, seed, params, flops, memory_bytes, dataset, attempts, failures,
            worker, top1, seconds, data (fingerprint of what it was trained on)
  attempts  sweep, sweep_id, newest, job, name, boot_epoch, sequence, worker, state, error, started_at,
            ended_at, seconds
  superseded  what jobs had found that were trained anew: sweep, sweep_id, newest, job, name, dataset, data,
            outcome, finished_at, superseded_at and the metrics of a job:
            {result}
  epochs    sweep, sweep_id, newest, job, name, epoch and the metrics of an epoch:
            {epoch}
  sweeps    id, name, newest, description, priority, cells, jobs, waiting, running, completed, diverged,
            failed, blocked, cancelled, paused, is_paused, is_cancelled, requirements, submitted_at
  workers   name, host, devices, version, slots, threads, labels, memory_bytes, jobs_done, first_seen,
            last_seen
  paper     the published tables: table_number, network, family, channels, depth, patch, kernel, resolution,
            distribution, mapping, share_rate, shared_components, transform_group, fusion, init, params_m,
            flops_g, top1, outcome

Metrics:
{metrics}
One statement that reads; SQL is SQLite's. JSON keeps numbers as numbers and NULL as null. Several sweeps may have
had one name: newest = 1 keeps the one that the name means everywhere else. A job that diverged has no top1 (NULL)
and counts in no mean.

Examples:
  The best configurations of a sweep:
  spinctl query "SELECT network, sharing, fusion, params, top1_mean, difference FROM cells
                 WHERE sweep = 'my-sweep' AND newest ORDER BY top1_mean DESC LIMIT 10"

  How far from the paper's own accuracy, for its sweeps (here Table 1):
  spinctl query "SELECT c.network, c.sharing, c.fusion, c.top1_mean, p.top1 AS published,
                        c.top1_mean - p.top1 AS difference
                 FROM cells c JOIN paper p
                   ON c.network = p.channels || '/' || p.depth || '/' || p.patch || '/' || p.kernel
                  AND c.sharing = iif(p.mapping = 'none', 'none', p.mapping || ' ' || p.share_rate ||
                                      iif(p.distribution = 'uniform', '', ' ' || p.distribution))
                  AND c.fusion = p.fusion
                 WHERE c.sweep = 'paper-table-1' AND c.newest AND p.table_number = 1"

  Where the seconds of an epoch go:
  spinctl query "SELECT name, avg(seconds) AS epoch, avg(data_seconds) AS data, avg(forward_seconds) AS forward,
                        avg(backward_seconds) AS backward, avg(step_seconds) AS step
                 FROM epochs WHERE newest GROUP BY name ORDER BY epoch DESC"

  spinctl query --file top.sql --format csv > top.csv)";

/// One behind the other, in lines of the help's width.
std::string names_of_metrics(unsigned measured_of) {
  constexpr std::size_t kWidth = 98;
  std::string text;
  std::size_t line = 0;
  for (const auto& facts : kMetrics) {
    if ((facts.measured_of & measured_of) == 0) continue;
    if (!text.empty()) text += ',';
    const bool fits = line + facts.name.size() + 2 <= kWidth;
    if (!text.empty()) text += fits ? " " : "\n            ";
    line = (fits ? line : 0) + facts.name.size() + 2;
    text += facts.name;
  }
  return text;
}

/// "  loss                mean loss over ...", a line each.
std::string meanings_of_metrics() {
  std::string text;
  for (const auto& facts : kMetrics) text += fmt::format("  {:<19} {}\n", facts.name, facts.meaning);
  return text;
}

std::string footer() {
  return fmt::format(kFooter, fmt::arg("result", names_of_metrics(kResult)),
                     fmt::arg("epoch", names_of_metrics(kEpoch)), fmt::arg("metrics", meanings_of_metrics()));
}

struct QueryOptions {
  std::string sql;
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

int query(const Invocation& invocation, const QueryOptions& options) {
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
