#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/ids.h"
#include "schema/job/report.h"

// What people are shown, as plain values: filled by the coordinator, carried by proto/wire, drawn by
// client/render.

namespace spin {

/// States as people see them. Databases hold their numbers: more may be added at the end.
enum class JobState {
  waiting,
  ready,
  backoff,
  running,
  completed,
  diverged,
  failed,
  blocked,
  cancelled,
  paused
};

/// Of jobs, by state.
struct StateCounts {
  std::int64_t waiting = 0, ready = 0, backoff = 0, running = 0, completed = 0, diverged = 0, failed = 0,
               blocked = 0, cancelled = 0, paused = 0;
  std::int64_t& operator[](JobState state);
  std::int64_t operator[](JobState state) const;
  [[nodiscard]] std::int64_t total() const;
  [[nodiscard]] std::int64_t done() const { return completed + diverged; }
  /// Jobs that may still change by themselves. A blocked job changes only after a retry, a paused one after a
  /// resume.
  [[nodiscard]] std::int64_t live() const { return waiting + ready + backoff + running; }
  StateCounts& operator+=(const StateCounts& other);
  bool operator==(const StateCounts&) const = default;
};

struct StateFacts {
  JobState state;
  std::string_view name;
  std::int64_t StateCounts::*count;
};
/// In the order of JobState. Names, wire, counts and metrics follow; the tables' CHECK is held against it by
/// a test.
inline constexpr std::array kJobStates = {
    StateFacts{JobState::waiting, "waiting", &StateCounts::waiting},
    StateFacts{JobState::ready, "ready", &StateCounts::ready},
    StateFacts{JobState::backoff, "backoff", &StateCounts::backoff},
    StateFacts{JobState::running, "running", &StateCounts::running},
    StateFacts{JobState::completed, "completed", &StateCounts::completed},
    StateFacts{JobState::diverged, "diverged", &StateCounts::diverged},
    StateFacts{JobState::failed, "failed", &StateCounts::failed},
    StateFacts{JobState::blocked, "blocked", &StateCounts::blocked},
    StateFacts{JobState::cancelled, "cancelled", &StateCounts::cancelled},
    StateFacts{JobState::paused, "paused", &StateCounts::paused},
};

inline std::int64_t& StateCounts::operator[](JobState state) {
  return this->*kJobStates.at(static_cast<std::size_t>(state)).count;
}
inline std::int64_t StateCounts::operator[](JobState state) const {
  return this->*kJobStates.at(static_cast<std::size_t>(state)).count;
}
inline std::int64_t StateCounts::total() const {
  std::int64_t sum = 0;
  for (const auto& facts : kJobStates) sum += this->*facts.count;
  return sum;
}
inline StateCounts& StateCounts::operator+=(const StateCounts& other) {
  for (const auto& facts : kJobStates) this->*facts.count += other.*facts.count;
  return *this;
}

struct RunningJob {
  JobId job;
  std::string name;
  std::string worker;
  std::optional<Progress> progress;
  std::int64_t key = 0;  ///< of its row in the coordinator's database; not carried to people
};

struct SweepStatus {
  SweepId id;
  std::string name;
  std::int64_t submitted_at_ms = 0;  ///< wall clock, Unix
  StateCounts counts;
  std::vector<RunningJob> running;
  /// Training work done and planned, in FLOPs of forward passes (epochs x training images x FLOPs of one);
  /// for the share done.
  double work_done = 0, work_total = 0;
  std::optional<double> seconds_left;  ///< estimate; none before there is a basis
  bool paused = false;
  int priority = 0;               ///< of the sweep; a job may have one of its own
  std::int64_t jobs_to_come = 0;  ///< of a large sweep that is still being stored
  std::string hint{};             ///< why nothing of it runs though workers may be free; mostly empty
  bool cancelled = false;         ///< as a whole; other sweeps may keep jobs of it
};

struct JobRow {
  JobId id;
  std::string name;
  JobState state = JobState::waiting;
  std::string reason;  ///< why failed, blocked, in back-off, or ready and not running
  std::int64_t params = 0, flops = 0;
  int attempts = 0;
  std::string worker;  ///< of the running or last attempt
  std::optional<double> top1;
  std::optional<double> seconds;
  int priority = 0;
  std::optional<double> share_done{};  ///< 0 to 1, of a job that runs or has begun
};

struct AttemptRow {
  AttemptToken token;
  std::string worker;
  std::string state;  ///< running, finished, failed, lost, stopped
  std::string error;
  std::int64_t started_at_ms = 0;
  std::optional<std::int64_t> ended_at_ms;
};

struct JobDetail {
  JobRow row;
  std::string config;  ///< canonical JSON
  std::vector<JobId> depends_on;
  std::vector<std::string> sweeps;
  std::vector<AttemptRow> attempts;
  std::vector<EpochMetrics> epochs;
  std::optional<JobResult> result;
  std::vector<ArtifactRef> artifacts;
};

/// One row per cell, over its seeds.
struct ResultRow {
  std::string network, sharing, transform, fusion, settings;
  std::int64_t params = 0, flops = 0;
  int seeds = 0;     ///< jobs of the cell
  int finished = 0;  ///< completed or diverged
  int diverged = 0;
  std::optional<double> top1_mean;       ///< percent, over completed seeds
  std::optional<double> top1_deviation;  ///< sample standard deviation; none below two seeds
  std::optional<double> difference;      ///< top1_mean minus the unshared cell's, points
  std::string dataset{};                 ///< title_of() it
  std::vector<std::string> data{};       ///< fingerprints of what its results were trained on
};

struct WorkerRow {
  std::string name, host, version, state;  ///< state: online, draining, quarantined, offline
  std::vector<std::string> devices{};
  int slots = 0, busy = 0;  ///< jobs at a time on all its devices together, and those that run there
  int threads = 0;          ///< per slot
  std::int64_t jobs_done = 0;
  std::int64_t last_seen_ms = 0;  ///< wall clock, Unix
  std::vector<std::string> labels{};
  std::int64_t memory_bytes = 0;       ///< of all its devices together; 0 = not known
  std::int64_t memory_used_bytes = 0;  ///< predicted peaks of what it runs
  std::string reason{};                ///< what hinders it: a quarantine, a full disk, no leases for anybody
};

struct LogLine {
  std::int64_t number = 0;  ///< position in the job's log, from 1
  std::int64_t at_ms = 0;
  std::string text;
};

}  // namespace spin
