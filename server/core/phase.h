#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "schema/base/result.h"
#include "schema/job/names.h"
#include "server/core/events.h"

// Where a job stands, and every way it may go on from there.

namespace spin::core {

/// An attempt or none, in the space of one: tokens begin at 1.
class MaybeAttempt {
 public:
  MaybeAttempt() = default;
  MaybeAttempt(const AttemptToken& token) : token_(token) {}  // NOLINT(google-explicit-constructor)
  MaybeAttempt(const std::optional<AttemptToken>& token)      // NOLINT(google-explicit-constructor)
      : token_(token.value_or(AttemptToken{})) {}
  [[nodiscard]] std::optional<AttemptToken> get() const {
    return token_ == AttemptToken{} ? std::nullopt : std::optional(token_);
  }
  bool operator==(const MaybeAttempt&) const = default;

 private:
  AttemptToken token_;
};

inline constexpr int kNoDevice = -1;
/// What an attempt has of its worker.
struct Use {
  int device = kNoDevice;  ///< index in the worker's devices; none where only what it found is on its way
  std::int64_t memory_bytes = 0;  ///< that it was given of the device
  bool operator==(const Use&) const = default;
};

/// A running execution of a job.
struct Attempt {
  AttemptToken token;
  std::string worker;
  std::string device;                ///< of the worker, that it runs on or ran on last; empty = not known
  Now deadline;                      ///< the lease: lost when nothing is heard of it until then
  std::optional<SessionId> session;  ///< none while its worker is not connected
  std::optional<Progress> progress;  ///< latest; never stored
  std::uint64_t last_report = 0;     ///< outbox position of its latest report, to tell repeated ones
  std::optional<AttemptToken> lost;  ///< an earlier attempt that was lost and may still come back
  Use use;
  struct Evaluated {
    int epoch = 0;  ///< 0 = none yet
    double top1 = 0;
  };
  Evaluated evaluated;  ///< the latest epoch with an evaluation, where the best checkpoint is kept
};

using Reason = std::shared_ptr<const std::string>;

/// Why a job cannot run until somebody acts.
struct Obstacle {
  JobKey by;  ///< the job at the root: failed, diverged or cancelled
  std::string reason;
};
/// One for all jobs that it blocks: a failure may block thousands.
using ObstacleRef = std::shared_ptr<const Obstacle>;

// A phase takes 24 bytes: what is rare and larger stands apart.

struct Waiting {
  int unmet = 0;  ///< dependencies that have not completed
};
struct Ready {
  MaybeAttempt lost;
};
struct Backoff {
  struct Wait {
    Now until;
    MaybeAttempt lost;
  };
  Backoff(Now until, MaybeAttempt lost) : wait(std::make_unique<const Wait>(Wait{until, lost})) {}
  std::unique_ptr<const Wait> wait;
};
struct Running {
  std::unique_ptr<Attempt> attempt;
};
struct Completed {
  MaybeAttempt winner;  ///< whose result was taken; none when that was before this boot
};
struct Diverged {
  MaybeAttempt winner;
};
struct Failed {
  Reason reason;
};
struct Blocked {
  ObstacleRef obstacle;
};
struct Cancelled {};
/// Nothing is handed out until a resume, whatever becomes of its dependencies.
struct Paused {
  MaybeAttempt saving;  ///< the attempt that was stopped: its last checkpoint and its result are still taken
};
/// In the order of JobState.
using JobPhase =
    std::variant<Waiting, Ready, Backoff, Running, Completed, Diverged, Failed, Blocked, Cancelled, Paused>;
static_assert(sizeof(JobPhase) <= 24);

[[nodiscard]] JobState state_of(const JobPhase& phase);
/// Why a failed or blocked job is so; empty for others.
[[nodiscard]] std::string reason_of(const JobPhase& phase);
/// "completed".
[[nodiscard]] inline std::string name_of(JobState state) { return std::string(enum_name(state)); }

// What can happen to a job.

struct DependencyDone {};
struct Block {
  ObstacleRef obstacle;
};
/// A lease is granted; or a lost attempt turns out to be alive, and goes on.
struct Run {
  std::unique_ptr<Attempt> attempt;
};
struct Lose {};
/// The worker hands the lease back; of a paused job: it has saved what there was.
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
struct Pause {};
struct Resume {
  int unmet = 0;
};
/// It begins anew, whatever it had come to.
struct Restart {
  int unmet = 0;
};
using JobInput = std::variant<DependencyDone, Block, Run, Lose, GiveBack, Retry, BackoffOver, GiveUp, Finish,
                              Cancel, Revive, Pause, Resume, Restart>;

/// All transitions. failed_precondition, and the phase stays, where the input does not fit the phase.
Status transition(JobPhase& phase, JobInput input);

}  // namespace spin::core
