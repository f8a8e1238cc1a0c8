#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "schema/job/session.h"
#include "schema/job/steering.h"
#include "schema/job/submission.h"
#include "schema/sweep/plan.h"
#include "server/core/changes.h"

namespace spin::core {

/// Monotonic time; leases, back-off and rates run on it.
using Now = std::chrono::steady_clock::time_point;

// What happens to the coordinator.

struct SweepSubmitted {
  std::uint64_t request = 0;  ///< comes back in SubmitAccepted or RequestRefused
  std::shared_ptr<const FirstPart> plan;
  std::string source;
  std::vector<Override> overrides;
  std::int64_t wall_ms = 0;
  bool replace = false;                          ///< a live sweep of the same name is cancelled
  std::optional<PlanDigest> full_plan{};         ///< of all jobs, where `plan` is but the first part
  std::shared_ptr<const RetrainJobs> retrain{};  ///< null = none
  std::vector<DataSeen> data{};  ///< as they are now, of data sets whose jobs are trained anew
};
/// The next jobs of a sweep that is stored in parts.
struct SweepExtended {
  std::uint64_t request = 0;  ///< comes back in SubmitAccepted or RequestRefused
  SweepId sweep;
  std::shared_ptr<const PlanPart> part;
};
struct SteerRequested {
  std::uint64_t request = 0;  ///< comes back in SteerAccepted or RequestRefused
  std::variant<SweepId, JobKey> target;
  steer::Action action;
};
/// The app has chosen the session id; it is unique within this boot.
struct WorkerAttached {
  SessionId session;
  WorkerHello hello;
};
struct WorkerDetached {
  SessionId session;
};
/// Credits, Heartbeat, SequencedReport, Progress or Draining of an attached worker.
struct WorkerSaid {
  SessionId session;
  WorkerMessage message;
};
/// The worker shall finish what it runs and take nothing more.
struct DrainRequested {
  std::uint64_t request = 0;  ///< comes back in DrainAccepted or RequestRefused
  std::string worker;
};
/// The job cannot be handed out: what is stored of it cannot be read. Its worker has not heard of the
/// attempt.
struct LeaseFailed {
  SessionId session;
  JobKey job;
  AttemptToken attempt;
  std::vector<std::string> devices;  ///< as in SendLease
  std::string reason;
  bool may_pass = false;  ///< a disk that may be read a moment later, rather than a row that is damaged
};
/// While they are held, no new lease is granted; everything else goes on.
struct HoldLeases {
  bool hold = false;
  std::string reason;  ///< for people
};
/// While Coordinator::is_unsettled(): the next part of what people asked of large sweeps.
struct SettleOn {};
/// A timer of next_deadline() may have come.
struct TimePassed {};
using Event = std::variant<SweepSubmitted, SweepExtended, SteerRequested, WorkerAttached, WorkerDetached,
                           WorkerSaid, DrainRequested, LeaseFailed, HoldLeases, SettleOn, TimePassed>;

// What follows, once the changes of the same step are committed.

/// Reader::leases() makes the lease of it.
struct SendLease {
  SessionId session;
  JobKey job;
  AttemptToken attempt;
  std::vector<InputArtifact> inputs;
  std::vector<std::string> devices;  ///< of its worker, that the job runs on
};
struct SendMessage {
  SessionId session;
  CoordinatorMessage message;
};
struct CloseSession {
  SessionId session;
  Error error;
};
struct SubmitAccepted {
  std::uint64_t request = 0;
  SweepId sweep;
  std::int64_t jobs = 0;      ///< that the sweep has by now
  std::int64_t jobs_new = 0;  ///< that came with this request and were not known before
  bool known = false;         ///< a live sweep has these very jobs already
  std::vector<ReplacedSweep> replaced{};
  std::vector<std::string> notes{};  ///< see Submitted
  std::int64_t retrained = 0;        ///< jobs that were done
};
struct SteerAccepted {
  std::uint64_t request = 0;
  std::int64_t jobs = 0;
};
struct DrainAccepted {
  std::uint64_t request = 0;
  int running = 0;  ///< jobs that the worker finishes first
};
struct RequestRefused {
  std::uint64_t request = 0;
  Error error;
};
using Message = std::variant<SendLease, SendMessage, CloseSession, SubmitAccepted, SteerAccepted,
                             DrainAccepted, RequestRefused>;

/// What one step wants done, in order: commit `changes`, then deliver `messages`.
struct Effects {
  std::vector<Change> changes;
  std::vector<Message> messages;
};

}  // namespace spin::core
