#include "client/render/listings.h"

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
