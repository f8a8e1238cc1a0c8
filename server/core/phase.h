#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "schema/base/result.h"
#include "schema/job/report.h"
#include "schema/job/views.h"
#include "server/core/events.h"

// Where a job stands, and every way it may go on from there.

namespace spin::core {

/// A running execution of a job.
struct Attempt {
  AttemptToken token;
  std::string worker;
  Now deadline;                      ///< the lease: lost when nothing is heard of it until then
  std::optional<SessionId> session;  ///< none while its worker is not connected
  std::optional<Progress> progress;  ///< latest; never stored
  std::uint64_t last_report = 0;     ///< outbox position of its latest report, to tell repeated ones
  std::optional<AttemptToken> lost;  ///< an earlier attempt that was lost and may still come back
};

/// One text for all jobs that share it: a failure may block thousands.
using Reason = std::shared_ptr<const std::string>;

struct Waiting {
  int unmet = 0;  ///< dependencies that have not completed
};
struct Ready {
  std::optional<AttemptToken> lost;
};
struct Backoff {
  Now until;
  std::optional<AttemptToken> lost;
};
struct Running {
  std::unique_ptr<Attempt> attempt;
};
struct Completed {
  std::optional<AttemptToken> winner;  ///< whose result was taken; none when that was before this boot
};
struct Diverged {
  std::optional<AttemptToken> winner;
};
struct Failed {
  Reason reason;
};
struct Blocked {
  JobKey by;  ///< the job at the root: failed, diverged or cancelled
  Reason reason;
};
struct Cancelled {};
/// In the order of JobState.
using JobPhase =
    std::variant<Waiting, Ready, Backoff, Running, Completed, Diverged, Failed, Blocked, Cancelled>;

[[nodiscard]] JobState state_of(const JobPhase& phase);
/// Why a failed or blocked job is so; empty for others.
[[nodiscard]] std::string reason_of(const JobPhase& phase);
/// "completed".
[[nodiscard]] const char* name_of(JobState state);

// What can happen to a job.

struct DependencyDone {};
struct Block {
  JobKey by;
  Reason reason;
};
/// A lease is granted; or a lost attempt turns out to be alive, and goes on.
struct Run {
  std::unique_ptr<Attempt> attempt;
};
struct Lose {};
/// The worker hands the lease back.
struct GiveBack {};
struct Retry {
  Now at;
};
struct BackoffOver {};
struct GiveUp {
  Reason reason;
};
struct Finish {
  AttemptToken attempt;
  Outcome outcome = Outcome::completed;
};
struct Cancel {};
struct Revive {
  int unmet = 0;
};
using JobInput = std::variant<DependencyDone, Block, Run, Lose, GiveBack, Retry, BackoffOver, GiveUp, Finish,
                              Cancel, Revive>;

/// All transitions. failed_precondition, and the phase stays, where the input does not fit the phase.
Status transition(JobPhase& phase, JobInput input);

}  // namespace spin::core
