#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "schema/job/report.h"

// What travels on the stream between a worker and the coordinator, beside WorkerHello.

namespace spin {

/// Coordinator to worker, first message.
struct Welcome {
  SessionId session;
  std::int64_t boot_epoch = 0;
  std::int64_t lease_ms = 0;      ///< an attempt of which nothing is heard for so long is lost
  std::int64_t heartbeat_ms = 0;  ///< how often the worker sends a heartbeat
  bool operator==(const Welcome&) const = default;
};
/// The report with this outbox sequence is durable.
struct ReportAck {
  std::uint64_t sequence = 0;
  bool operator==(const ReportAck&) const = default;
};
/// The attempt is no longer wanted: cancelled, paused, or overtaken by another.
struct StopAttempt {
  AttemptToken attempt;
  std::string reason;
  bool keep = false;  ///< its checkpoint is wanted: the job is paused
  bool operator==(const StopAttempt&) const = default;
};
struct DrainRequest {
  bool operator==(const DrainRequest&) const = default;
};
using CoordinatorMessage = std::variant<Welcome, Lease, ReportAck, StopAttempt, DrainRequest>;

/// Free slots right now; replaces what was said before. The coordinator subtracts each lease that it sends
/// after it.
struct Credits {
  std::vector<int> free;  ///< of each device, in the order of WorkerHello
  bool operator==(const Credits&) const = default;
};
struct Heartbeat {
  std::vector<HeldAttempt> running;
  std::string problem{};  ///< what hinders this worker, such as a full disk; empty = nothing
  bool operator==(const Heartbeat&) const = default;
};
struct SequencedReport {
  std::uint64_t sequence = 0;  ///< position in the outbox; 0 = not kept and not acknowledged
  Report report;
  bool operator==(const SequencedReport&) const = default;
};
/// The worker takes no more leases.
struct Draining {
  bool operator==(const Draining&) const = default;
};
using WorkerMessage = std::variant<WorkerHello, Credits, Heartbeat, SequencedReport, Progress, Draining>;

}  // namespace spin
