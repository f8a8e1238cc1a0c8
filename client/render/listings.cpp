#include "client/render/listings.h"

#include <map>

#include <fmt/format.h>

#include "client/render/cells.h"
#include "schema/job/names.h"

namespace spin::render {
namespace {

std::string two_decimals(double value) { return fixed(value, 2); }

template <class R>
Table table_of(std::vector<Column> columns, const std::vector<R>& rows, std::function<Row(const R&)> make) {
  return {std::move(columns), rows.size(),
          [&rows, make = std::move(make)](std::size_t i) { return make(rows[i]); }};
}

Row job_cells(const JobRow& row) {
  return {{row.id.short_hex(), row.id.hex(), Tone::muted},
          text_cell(row.name),
          text_cell(std::string(enum_name(row.state)), state_tone(row.state)),
          whole_cell(row.priority),
          quantity_cell(row.params),
          quantity_cell(row.flops),
          number_cell(row.share_done, share),
          number_cell(row.top1, two_decimals),
          number_cell(row.seconds, duration),
          whole_cell(row.attempts),
          optional_text_cell(row.worker),
          optional_text_cell(row.reason, Tone::warning)};
}

Row result_cells(const ResultRow& row) {
  const auto& mean = row.top1_mean;
  TableCell top1 =
      number_cell(mean, [&row](double value) { return mean_and_deviation(value, row.top1_deviation); });
  TableCell against = number_cell(row.difference, difference);
  if (row.difference) against.tone = *row.difference < 0 ? Tone::warning : Tone::good;
  return {text_cell(row.network),
          text_cell(row.sharing),
          text_cell(row.transform),
          text_cell(row.fusion),
          text_cell(row.settings),
          quantity_cell(row.params),
          quantity_cell(row.flops),
          std::move(top1),
          value_cell(row.top1_deviation ? CellValue{*row.top1_deviation} : CellValue{Missing{}}),
          std::move(against),
          {fmt::format("{}/{}", row.finished, row.seeds), Missing{},
           row.finished < row.seeds ? Tone::warning : Tone::plain},
          value_cell(std::int64_t{row.seeds}),
          value_cell(std::int64_t{row.finished}),
          {std::to_string(row.diverged), std::int64_t{row.diverged}, Tone::warning},
          text_cell(row.dataset),
          value_cell(row.data)};
}

}  // namespace

Tone state_tone(JobState state) {
  switch (state) {
    case JobState::waiting:
    case JobState::ready:
      return Tone::plain;
    case JobState::running:
      return Tone::accent;
    case JobState::completed:
      return Tone::good;
    case JobState::backoff:
    case JobState::diverged:
      return Tone::warning;
    case JobState::failed:
    case JobState::blocked:
      return Tone::bad;
    case JobState::cancelled:
    case JobState::paused:
      return Tone::muted;
  }
  return Tone::plain;
}

Table jobs_table(const std::vector<JobRow>& rows) {
  return table_of<JobRow>(
      {{.key = "job", .title = "job"},
       {.key = "name", .title = "name", .shrink = 2, .min_width = 16, .cut = Cut::middle},
       {.key = "state", .title = "state"},
       {.key = "priority", .title = "priority", .align = Align::right, .rank = 2, .drop_if = "0"},
       {.key = "params", .title = "params", .align = Align::right, .rank = 5},
       {.key = "flops", .title = "FLOPs", .align = Align::right, .rank = 6},
       {.key = "share_done", .title = "done", .align = Align::right, .drop_if = "-"},
       {.key = "top1", .title = "top-1 %", .align = Align::right},
       {.key = "seconds", .title = "time", .align = Align::right, .rank = 3},
       {.key = "attempts", .title = "attempts", .align = Align::right, .rank = 4},
       {.key = "worker", .title = "worker", .shrink = 3, .min_width = 6, .rank = 1, .drop_if = ""},
       {.key = "reason",
        .title = "reason",
        .shrink = 1,
        .min_width = 16,
        .tells_apart = false,
        .drop_if = ""}},
      rows, job_cells);
}

Table results_table(const std::vector<ResultRow>& rows) {
  return table_of<ResultRow>(
      {{.key = "network", .title = "network"},
       {.key = "sharing", .title = "sharing", .shrink = 2, .min_width = 10},
       {.key = "transform", .title = "transform", .drop_if = "none"},
       {.key = "fusion", .title = "fusion", .shrink = 3, .min_width = 10, .drop_if = "none"},
       {.key = "settings", .title = "settings", .shrink = 4, .min_width = 10, .drop_if = ""},
       {.key = "params", .title = "params", .align = Align::right, .rank = 2},
       {.key = "flops", .title = "FLOPs", .align = Align::right, .rank = 4},
       {.key = "top1_mean", .title = "top-1 %", .align = Align::right},
       {.key = "top1_deviation", .title = "", .audience = Audience::machines},
       {.key = "difference", .title = "diff", .align = Align::right},
       {.key = "done", .title = "seeds", .align = Align::right, .audience = Audience::people, .rank = 3},
       {.key = "seeds", .title = "", .audience = Audience::machines},
       {.key = "finished", .title = "", .audience = Audience::machines},
       {.key = "diverged", .title = "diverged", .align = Align::right, .rank = 1, .drop_if = "0"},
       {.key = "dataset", .title = "", .audience = Audience::machines},
       {.key = "data", .title = "", .audience = Audience::machines}},
      rows, result_cells);
}

std::vector<std::string> mixed_data(const std::vector<ResultRow>& rows) {
  std::map<std::string, std::map<std::string, int>> cells;  // by data set and fingerprint
  for (const ResultRow& row : rows)
    for (const auto& data : row.data) ++cells[row.dataset][data];
  std::vector<std::string> lines;
  for (const auto& [dataset, states] : cells) {
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

Table attempts_table(const std::vector<AttemptRow>& rows) {
  const auto cells = [](const AttemptRow& row) -> Row {
    std::optional<double> seconds;
    if (row.ended_at_ms) seconds = static_cast<double>(*row.ended_at_ms - row.started_at_ms) / 1000;
    return {text_cell(fmt::format("{}.{}", row.token.boot_epoch, row.token.sequence)),
            text_cell(row.worker),
            text_cell(row.state),
            value_cell(row.started_at_ms),
            value_cell(row.ended_at_ms ? CellValue{*row.ended_at_ms} : CellValue{Missing{}}),
            number_cell(seconds, duration),
            optional_text_cell(row.error, Tone::bad)};
  };
  return table_of<AttemptRow>(
      {{.key = "attempt", .title = "attempt"},
       {.key = "worker", .title = "worker", .shrink = 2},
       {.key = "state", .title = "state"},
       {.key = "started_at_ms", .title = "", .audience = Audience::machines},
       {.key = "ended_at_ms", .title = "", .audience = Audience::machines},
       {.key = "seconds", .title = "time", .align = Align::right, .rank = 1},
       {.key = "error", .title = "error", .shrink = 1, .min_width = 16, .tells_apart = false, .drop_if = ""}},
      rows, cells);
}

Table epochs_table(const std::vector<EpochMetrics>& rows) {
  std::vector<Column> columns{{.key = "epoch", .title = "epoch", .align = Align::right}};
  for (const auto& facts : kMetrics)
    if ((facts.measured_of & kEpoch) != 0)
      columns.push_back({.key = std::string(facts.name),
                         .title = std::string(facts.title),
                         .align = Align::right,
                         .rank = facts.rank,
                         .drop_if = "-"});
  const auto cells = [](const EpochMetrics& row) {
    Row row_cells{whole_cell(row.epoch)};
    for (const auto& facts : kMetrics)
      if ((facts.measured_of & kEpoch) != 0)
        row_cells.push_back(metric_cell(facts, row.values[facts.metric]));
    return row_cells;
  };
  return table_of<EpochMetrics>(columns, rows, cells);
}

}  // namespace spin::render
