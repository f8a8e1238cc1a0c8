#include "client/render/progress.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "client/render/listings.h"
#include "client/render/numbers.h"
#include "schema/job/names.h"

namespace spin::render {
namespace {

constexpr std::size_t kDefaultWidth = 100;
constexpr std::size_t kOverallBar = 30;
constexpr std::size_t kLeastName = 12;

double share_of_steps(const Progress& progress) {
  return progress.steps > 0 ? static_cast<double>(progress.step) / static_cast<double>(progress.steps) : 0;
}

/// The columns of a running job's line behind its name.
struct JobNumbers {
  std::string epoch, loss, rate;
  double share = 0;
};

JobNumbers numbers_of(const RunningJob& job) {
  if (!job.progress) return {"starting", "", "", 0};
  const auto& progress = *job.progress;
  return {fmt::format("epoch {}/{}", progress.epoch, progress.epochs),
          progress.step > 0 ? fmt::format("loss {:.4f}", progress.loss) : "",
          progress.images_per_second > 0 ? quantity(progress.images_per_second) + " img/s" : "",
          share_of_steps(progress)};
}

/// Columns of a running job's bar.
std::size_t job_bar(std::size_t width) { return width >= kDefaultWidth ? 16 : 8; }

/// Name, bar and numbers; what there is no room for is left out from the right.
std::string running_line(const RunningJob& job, std::size_t name_width, std::size_t width,
                         const Style& style) {
  const auto numbers = numbers_of(job);
  std::string line =
      "  " + shorten(printable(job.name, style.charset), name_width, Cut::middle, style.charset);
  line += std::string(name_width + 2 - std::min(name_width + 2, display_width(line)), ' ');
  std::size_t used = name_width + 2;
  const std::size_t bar_width = job_bar(width);
  if (used + 2 + bar_width + 2 + numbers.epoch.size() <= width) {
    line += "  " + bar(numbers.share, bar_width, style);
    used += 2 + bar_width;
  }
  for (const auto* text : {&numbers.epoch, &numbers.loss, &numbers.rate}) {
    if (text->empty()) continue;
    if (used + 2 + text->size() > width) break;
    line += "  " + *text;
    used += 2 + text->size();
  }
  return line;
}

std::size_t name_width_of(const std::vector<RunningJob>& jobs, std::size_t shown, std::size_t width) {
  // Two spaces before; a bar, an epoch, a loss and a rate behind.
  const std::size_t numbers = 2 + 2 + job_bar(width) + 3 * (2 + 11);
  std::size_t longest = 0;
  for (std::size_t i = 0; i < shown; ++i) longest = std::max(longest, display_width(jobs[i].name));
  const std::size_t room = width > numbers + kLeastName ? width - numbers : kLeastName;
  return std::min({longest, room, width > 2 ? width - 2 : 1});
}

/// "1m 12s left", or nothing where nobody knows.
std::string time_left(const SweepStatus& status) {
  if (!status.seconds_left || status.counts.live() == 0) return "";
  return duration(*status.seconds_left) + " left";
}

std::string to_come_text(const SweepStatus& status) {
  return status.jobs_to_come > 0 ? fmt::format(", {} still being stored", status.jobs_to_come) : "";
}

std::string overall_line(const SweepStatus& status, std::size_t width, const Style& style) {
  std::string behind = "  " + share(share_done(status));
  if (const auto left = time_left(status); !left.empty()) behind += "  " + left;
  if (behind.size() > width) return shorten(behind.substr(2), width, Cut::end, style.charset);
  const std::size_t room = width - behind.size();
  return bar(share_done(status), std::min(kOverallBar, room), style) + behind;
}

bool is_trouble(JobState state) {
  return state == JobState::failed || state == JobState::blocked || state == JobState::backoff;
}

bool is_news(JobState state) {
  return is_trouble(state) || state == JobState::completed || state == JobState::diverged ||
         state == JobState::cancelled || state == JobState::paused;
}

}  // namespace

std::string counts_text(const StateCounts& counts) {
  std::string text = fmt::format("{} of {} done", counts.done(), counts.total());
  const auto add = [&text](std::int64_t count, std::string_view what) {
    if (count > 0) text += fmt::format(", {} {}", count, what);
  };
  add(counts.diverged, "of them diverged");
  add(counts.running, "running");
  add(counts.ready, "ready");
  add(counts.waiting, "waiting");
  add(counts.backoff, "to be tried again");
  add(counts.failed, "failed");
  add(counts.blocked, "blocked");
  add(counts.cancelled, "cancelled");
  add(counts.paused, "paused");
  return text;
}

std::string bar(double share, std::size_t width, const Style& style) {
  const double clamped = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0.0;
  const auto filled = static_cast<std::size_t>(clamped * static_cast<double>(width));
  const bool utf8 = style.charset == Charset::utf8;
  std::string full;
  std::string rest;
  for (std::size_t i = 0; i < width; ++i)
    (i < filled ? full : rest) += i < filled ? (utf8 ? "█" : "#") : (utf8 ? "░" : "-");
  return painted(full, Tone::accent, style) + painted(rest, Tone::muted, style);
}

std::vector<std::string> progress_lines(const SweepStatus& status, const Style& style,
                                        std::size_t max_lines) {
  const std::size_t width = style.width == 0 ? kDefaultWidth : style.width;
  const auto title = fmt::format("{}: {}{}", printable(status.name, style.charset),
                                 counts_text(status.counts), to_come_text(status));
  std::vector<std::string> lines{shorten(title, width, Cut::end, style.charset),
                                 overall_line(status, width, style)};
  if (!status.hint.empty())
    lines.push_back(
        painted(shorten("  " + printable(status.hint, style.charset), width, Cut::end, style.charset),
                Tone::warning, style));
  const std::size_t room = std::max<std::size_t>(max_lines, 3) - lines.size();
  const std::size_t count = status.running.size();
  const std::size_t shown = count <= room ? count : room - 1;
  const std::size_t name_width = name_width_of(status.running, shown, width);
  for (std::size_t i = 0; i < shown; ++i)
    lines.push_back(running_line(status.running[i], name_width, width, style));
  if (shown < count)
    lines.push_back(
        shorten(fmt::format("  and {} more running", count - shown), width, Cut::end, style.charset));
  return lines;
}

std::string progress_line(const SweepStatus& status, Charset charset) {
  auto line = fmt::format("{}: {}, {}{}", printable(status.name, charset), share(share_done(status)),
                          counts_text(status.counts), to_come_text(status));
  if (const auto left = time_left(status); !left.empty()) line += ", " + left;
  if (!status.hint.empty()) line += ": " + printable(status.hint, charset);
  return line;
}

std::string job_line(const JobRow& row, const Style& style) {
  const auto what =
      row.state == JobState::backoff ? "will be tried again" : std::string(enum_name(row.state));
  std::string line = painted(what, state_tone(row.state), style) + "  " + printable(row.name, style.charset);
  if (row.top1) line += fmt::format("  top-1 {} %", fixed(*row.top1, 2));
  if (row.top1 && row.seconds) line += ", " + duration(*row.seconds);
  if (!row.reason.empty()) line += ": " + printable(row.reason, style.charset);
  return line;
}

std::vector<JobRow> JobChanges::update(const std::vector<JobRow>& rows) {
  const bool is_first = seen_.empty();
  std::vector<JobRow> news;
  for (const auto& row : rows) {
    const auto [entry, inserted] = seen_.try_emplace(row.id, Seen{row.state, row.attempts});
    Seen& seen = entry->second;
    const bool changed =
        inserted || seen.state != row.state || (is_trouble(row.state) && seen.attempts != row.attempts);
    seen = {row.state, row.attempts};
    if (!changed || !is_news(row.state)) continue;
    if (is_first && !is_trouble(row.state)) continue;
    news.push_back(row);
  }
  return news;
}

}  // namespace spin::render
