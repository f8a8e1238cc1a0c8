#include <algorithm>

#include <fmt/format.h>

#include "client/render/cells.h"
#include "client/render/listings.h"

namespace spin::render {
namespace {

/// Time left, or that nothing goes on by itself, or how much of the sweep is stored by now.
TableCell left_cell(const SweepStatus& status) {
  if (status.cancelled) return {"cancelled", Missing{}, Tone::muted};
  if (status.paused && status.counts.done() < status.counts.total())
    return {"paused", Missing{}, Tone::warning};
  if (status.jobs_to_come > 0) {
    const auto stored = static_cast<double>(status.counts.total());
    return {"storing " + share(stored / (stored + static_cast<double>(status.jobs_to_come))), Missing{},
            Tone::plain};
  }
  return number_cell(status.counts.live() > 0 ? status.seconds_left : std::nullopt, duration);
}

Row status_cells(const SweepStatus& status, std::int64_t now_ms) {
  const auto& counts = status.counts;
  const std::int64_t troubled = counts.failed + counts.blocked;
  return {whole_cell(status.id.value),
          text_cell(status.name),
          {share(share_done(status)), share_done(status), Tone::plain},
          {fmt::format("{}/{}", counts.done(), counts.total() + status.jobs_to_come), counts.total(),
           Tone::plain},
          value_cell(status.jobs_to_come),
          value_cell(counts.waiting),
          value_cell(counts.ready),
          value_cell(counts.backoff),
          {std::to_string(counts.running), counts.running, counts.running > 0 ? Tone::accent : Tone::plain},
          value_cell(counts.completed),
          value_cell(counts.diverged),
          {std::to_string(troubled), counts.failed, troubled > 0 ? Tone::bad : Tone::plain},
          value_cell(counts.blocked),
          {std::to_string(counts.cancelled), counts.cancelled, Tone::plain},
          {std::to_string(counts.paused), counts.paused, Tone::warning},
          value_cell(status.paused),
          value_cell(status.cancelled),
          whole_cell(status.priority),
          left_cell(status),
          optional_text_cell(status.hint, Tone::warning),
          {age(status.submitted_at_ms, now_ms), status.submitted_at_ms, Tone::plain}};
}

/// Predicted peaks of what it runs, of all that its devices have.
TableCell memory_cell(const WorkerRow& row) {
  if (row.memory_bytes == 0) return {"-", Missing{}, Tone::muted};
  return {byte_size(row.memory_used_bytes) + " of " + byte_size(row.memory_bytes), row.memory_bytes,
          Tone::plain};
}

Row worker_cells(const WorkerRow& row, std::int64_t now_ms) {
  const bool online = row.state == "online";
  return {text_cell(row.name),
          text_cell(row.state, online ? Tone::good : Tone::warning),
          text_cell(row.host),
          {fmt::format("{}", fmt::join(row.devices, ", ")), row.devices, Tone::plain},
          {fmt::format("{}/{}", row.busy, row.slots), std::int64_t{row.busy}, Tone::plain},
          value_cell(std::int64_t{row.slots}),
          whole_cell(row.threads),
          memory_cell(row),
          value_cell(row.memory_used_bytes),
          {fmt::format("{}", fmt::join(row.labels, " ")), row.labels, Tone::plain},
          whole_cell(row.jobs_done),
          text_cell(row.version),
          {age(row.last_seen_ms, now_ms), row.last_seen_ms, Tone::plain},
          optional_text_cell(row.reason, Tone::warning)};
}

}  // namespace

double share_done(const SweepStatus& status) {
  if (status.counts.total() > 0 && status.counts.done() == status.counts.total()) return 1;
  if (status.work_total > 0) return std::min(1.0, status.work_done / status.work_total);
  return status.counts.total() == 0
             ? 0
             : static_cast<double>(status.counts.done()) / static_cast<double>(status.counts.total());
}

Table status_table(const std::vector<SweepStatus>& rows, std::int64_t now_ms) {
  return {{{.key = "id", .title = "sweep", .align = Align::right},
           {.key = "name", .title = "name", .shrink = 1},
           {.key = "share_done", .title = "work", .align = Align::right},
           {.key = "total", .title = "jobs", .align = Align::right},
           {.key = "jobs_to_come", .title = "", .audience = Audience::machines},
           {.key = "waiting", .title = "", .audience = Audience::machines},
           {.key = "ready", .title = "", .audience = Audience::machines},
           {.key = "backoff", .title = "", .audience = Audience::machines},
           {.key = "running", .title = "running", .align = Align::right},
           {.key = "completed", .title = "", .audience = Audience::machines},
           {.key = "diverged", .title = "", .audience = Audience::machines},
           {.key = "failed", .title = "failed", .align = Align::right},
           {.key = "blocked", .title = "", .audience = Audience::machines},
           {.key = "cancelled", .title = "cancelled", .align = Align::right, .rank = 1, .drop_if = "0"},
           {.key = "paused", .title = "paused", .align = Align::right, .drop_if = "0"},
           {.key = "is_paused", .title = "", .audience = Audience::machines},
           {.key = "is_cancelled", .title = "", .audience = Audience::machines},
           {.key = "priority", .title = "priority", .align = Align::right, .rank = 2, .drop_if = "0"},
           {.key = "seconds_left", .title = "left", .align = Align::right},
           {.key = "hint", .title = "", .audience = Audience::machines},
           {.key = "submitted_at_ms", .title = "submitted", .align = Align::right, .rank = 3}},
          rows.size(),
          [&rows, now_ms](std::size_t i) { return status_cells(rows[i], now_ms); }};
}

Table running_table(const std::vector<RunningJob>& rows) {
  const auto cells = [&rows](std::size_t i) -> Row {
    const auto& row = rows[i];
    const Progress progress = row.progress.value_or(Progress{});
    const TableCell none{"-", Missing{}, Tone::muted};
    if (!row.progress) return {text_cell(row.name), text_cell(row.worker), none, none, none};
    return {
        text_cell(row.name),
        text_cell(row.worker),
        {fmt::format("{}/{}", progress.epoch, progress.epochs), std::int64_t{progress.epoch}, Tone::plain},
        {fixed(progress.loss, 4), progress.loss, Tone::plain},
        {quantity(progress.images_per_second), progress.images_per_second, Tone::plain}};
  };
  return {{{.key = "name", .title = "running", .shrink = 1, .min_width = 16, .cut = Cut::middle},
           {.key = "worker", .title = "worker", .shrink = 2, .min_width = 6},
           {.key = "epoch", .title = "epoch", .align = Align::right},
           {.key = "loss", .title = "loss", .align = Align::right, .rank = 1},
           {.key = "images_per_second", .title = "images/s", .align = Align::right, .rank = 2}},
          rows.size(),
          cells};
}

Table workers_table(const std::vector<WorkerRow>& rows, std::int64_t now_ms) {
  return {{{.key = "name", .title = "worker", .shrink = 1},
           {.key = "state", .title = "state"},
           {.key = "host", .title = "host", .shrink = 2, .rank = 5},
           {.key = "devices", .title = "devices", .shrink = 2, .min_width = 6},
           {.key = "busy", .title = "busy", .align = Align::right},
           {.key = "slots", .title = "", .audience = Audience::machines},
           {.key = "threads", .title = "threads", .align = Align::right, .rank = 4},
           {.key = "memory_bytes", .title = "memory", .align = Align::right, .rank = 1, .drop_if = "-"},
           {.key = "memory_used_bytes", .title = "", .audience = Audience::machines},
           {.key = "labels", .title = "labels", .shrink = 3, .rank = 2, .drop_if = ""},
           {.key = "jobs_done", .title = "jobs done", .align = Align::right, .rank = 3},
           {.key = "version", .title = "version", .rank = 6},
           {.key = "last_seen_ms", .title = "seen", .align = Align::right},
           {.key = "reason",
            .title = "reason",
            .shrink = 4,
            .min_width = 16,
            .tells_apart = false,
            .drop_if = ""}},
          rows.size(),
          [&rows, now_ms](std::size_t i) { return worker_cells(rows[i], now_ms); }};
}

}  // namespace spin::render
