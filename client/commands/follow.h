#pragma once

#include <chrono>
#include <string>

#include "client/commands/control_client.h"
#include "client/render/display.h"

// Following what happens at a coordinator that may go away and come back.

namespace spin::cli {

/// Patience with a coordinator that does not answer: waits grow from 0.1 s to 2 s, and end after a while.
class Patience {
 public:
  explicit Patience(std::chrono::seconds limit) : limit_(limit) {}
  /// The coordinator answered: patience starts anew.
  void reset();
  /// Waits before the next try; false where the time is up or the interrupt came.
  bool wait(const Interrupt& interrupt);
  /// True until the first wait since the last answer.
  [[nodiscard]] bool is_fresh() const { return !since_; }

 private:
  std::chrono::seconds limit_;
  std::optional<std::chrono::steady_clock::time_point> since_;
  std::chrono::milliseconds next_{0};
};

/// How long a coordinator that was there may be gone.
inline constexpr std::chrono::seconds kReconnectLimit{30};
inline constexpr const char* kCoordinatorGone = "the coordinator is gone; trying again for 30 s";

/// Repeats a call until it gives anything but `unavailable`, patience ends or the interrupt comes.
template <class Call>
auto with_patience(const Interrupt& interrupt, const Call& call) -> decltype(call()) {
  Patience patience(kReconnectLimit);
  for (;;) {
    auto result = call();
    if (result.ok() || result.error().code != ErrorCode::unavailable) return result;
    if (!patience.wait(interrupt)) return result;
  }
}

struct FollowedSweep {
  SweepStatus status;    ///< the last
  bool stopped = false;  ///< the interrupt came before the end
};

/// Shows a sweep until no job of it can change by itself. A coordinator that goes away once it has answered
/// is waited for; `is_expected`: also one that has not answered yet. `interrupt` is the client's own.
Result<FollowedSweep> follow_sweep(ControlClient& client, const std::string& sweep, bool is_expected,
                                   render::ProgressDisplay& display, Interrupt& interrupt);

/// Exit code of a sweep that is over or stands still; says on standard error what went wrong.
int judge(const SweepStatus& status);
/// Says why watching ended before the sweep did; the exit code.
int report_watch(const Error& error, const std::string& sweep);

}  // namespace spin::cli
