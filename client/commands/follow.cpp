#include "client/commands/follow.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "client/commands/invocation.h"
#include "client/render/numbers.h"

namespace spin::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kFirstWait{100};
constexpr milliseconds kLongestWait{2000};
/// Between two listings of a sweep's jobs.
constexpr milliseconds kListingInterval{1000};
/// Share of the time that listings may take: one tenth.
constexpr int kListingShare = 10;

/// Tells what became of single jobs, which the status of a sweep does not say.
class JobNews {
 public:
  JobNews(ControlClient& client, std::string sweep, render::ProgressDisplay& display,
          const Interrupt& interrupt)
      : client_(client), sweep_(std::move(sweep)), display_(display), interrupt_(interrupt) {}

  void look(const SweepStatus& status) {
    const auto& now = status.counts;
    const bool is_over = now.live() == 0;
    if (counts_ && *counts_ == now) return;
    const bool has_trouble =
        !counts_ || now.failed + now.blocked + now.backoff + now.cancelled !=
                        counts_->failed + counts_->blocked + counts_->backoff + counts_->cancelled;
    // What went wrong is told soon, for no other status may follow; what ended well, with a later one.
    const bool is_urgent = is_over || has_trouble;
    if (!is_urgent && Clock::now() < after_interval_) return;
    const auto pause = std::chrono::duration_cast<milliseconds>(after_pause_ - Clock::now());
    if (pause > milliseconds{0} && interrupt_.wait_for(pause)) return;
    if (list()) counts_ = now;
  }

 private:
  bool list() {
    const auto begin = Clock::now();
    const auto rows = client_.jobs(sweep_);
    if (!rows.ok()) return false;
    for (auto& row : changes_.update(*rows)) {
      const bool is_told = !row.reason.empty() && row.reason == told_;
      told_ = row.reason;
      if (is_told) row.reason = "for the same reason";
      display_.note(render::job_line(row, display_.style()));
    }
    const auto end = Clock::now();
    after_pause_ = end + kListingShare * (end - begin);
    after_interval_ = std::max(after_pause_, end + kListingInterval);
    return true;
  }

  ControlClient& client_;
  const std::string sweep_;
  render::ProgressDisplay& display_;
  const Interrupt& interrupt_;
  render::JobChanges changes_;
  std::string told_;                   ///< reason in the last line
  std::optional<StateCounts> counts_;  ///< at the last listing
  Clock::time_point after_pause_{}, after_interval_{};
};

}  // namespace

void Patience::reset() {
  since_.reset();
  next_ = milliseconds{0};
}

bool Patience::wait(const Interrupt& interrupt) {
  const auto now = Clock::now();
  if (!since_) since_ = now;
  if (now - *since_ >= limit_) return false;
  next_ = std::clamp(next_ * 2, kFirstWait, kLongestWait);
  return !interrupt.wait_for(next_);
}

Result<FollowedSweep> follow_sweep(ControlClient& client, const std::string& sweep, bool is_expected,
                                   render::ProgressDisplay& display, Interrupt& interrupt) {
  FollowedSweep followed;
  Patience patience(kReconnectLimit);
  JobNews news(client, sweep, display, interrupt);
  bool has_answered = is_expected;
  bool is_first = true;
  const auto each = [&](const SweepStatus& status) {
    // What the first listing holds is no news: it is taken before anybody has seen a count.
    if (std::exchange(is_first, false)) news.look(status);
    followed.status = status;
    has_answered = true;
    patience.reset();
    display.show(status);
    news.look(status);
  };
  for (;;) {
    const Status end = client.watch(sweep, each);
    followed.stopped = interrupt.stopped();
    if (end.ok() || followed.stopped) return followed;
    if (end.error().code != ErrorCode::unavailable || !has_answered) return end.error();
    if (patience.is_fresh()) display.note(std::string("spinctl: ") + kCoordinatorGone);
    if (!patience.wait(interrupt) && !interrupt.stopped()) return end.error();
  }
}

int judge(const SweepStatus& status) {
  const auto& counts = status.counts;
  if (counts.failed + counts.blocked + counts.cancelled + counts.paused == 0) return kDone;
  std::string what;
  const auto add = [&what](std::int64_t count, const char* state) {
    if (count > 0) what += fmt::format("{}{} {}", what.empty() ? "" : ", ", count, state);
  };
  add(counts.failed, "failed");
  add(counts.blocked, "blocked by a failed dependency");
  add(counts.cancelled, "cancelled");
  add(counts.paused, "paused");
  complain(fmt::format("{}: of {} {}", status.name, render::counted(counts.total(), "job"), what));
  if (counts.paused > 0) complain(fmt::format("`spinctl resume {}` goes on", status.name));
  return kWorkFailed;
}

int report_watch(const Error& error, const std::string& sweep) {
  if (error.code != ErrorCode::resource_exhausted) return report(error);
  return report({error.code, fmt::format("{}; the sweep goes on, and `spinctl watch {}` watches it again",
                                         error.message, sweep)});
}

}  // namespace spin::cli
