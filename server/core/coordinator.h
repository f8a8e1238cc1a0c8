#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "schema/job/views.h"
#include "server/core/events.h"

namespace spin::core {

/// Which checkpoints are kept.
enum class Retention {
  unfinished,  ///< the newest of a job that has no result
  last,        ///< the newest of every job
  best,        ///< the newest of every job, and the one with the best accuracy
};

struct CoordinatorSettings {
  std::int64_t lease_ms = 15'000;
  std::int64_t heartbeat_ms = 3'000;
  std::int64_t backoff_first_ms = 1'000;  ///< doubles with each failure
  std::int64_t backoff_limit_ms = 60'000;
  int trainer_deaths_limit = 3;               ///< a job that kills so many trainers is quarantined
  int quarantine_failures = 5;                ///< in a row put a worker under quarantine
  std::size_t quarantine_jobs = 3;            ///< if they were of so many different jobs
  std::int64_t quarantine_first_ms = 60'000;  ///< doubles with each probe that fails
  std::int64_t quarantine_limit_ms = 30 * 60'000;
  Retention retention = Retention::unfinished;
  int deleted_jobs = 250;  ///< of a sweep that one step deletes: each has rows in eight tables, and a log
  int part_jobs = 2'000;   ///< of a sweep that one step may change, where people ask something of all of them
};

class Restoration;

/// Counters since start, for metrics.
struct Counters {
  std::int64_t leases = 0, results = 0, duplicates = 0, failures = 0, lost_attempts = 0, epochs = 0;
  std::int64_t defects = 0;  ///< see Coordinator::defects()
};

/// What the store does not know of a worker.
struct AttachedWorker {
  std::string name;
  std::string state;                   ///< online, draining, quarantined
  std::string reason;                  ///< see WorkerRow
  int busy = 0;                        ///< jobs that run on its devices
  std::int64_t memory_used_bytes = 0;  ///< predicted peaks of those
  Now heard;                           ///< last sign of life
};

/// The coordinator's state and rules. No I/O, no clock, no thread: the caller brings events and the time, and
/// carries out the effects. Used from one strand.
class Coordinator {
 public:
  Coordinator(Restoration restoration, Now now);
  ~Coordinator();
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  /// Never fails: what is refused shows in the effects.
  Effects handle(const Event& event, Now now);
  /// When TimePassed is due; none while nothing waits for time.
  [[nodiscard]] std::optional<Now> next_deadline() const;
  /// Whether something that people asked of a sweep has not reached all of its jobs: SettleOn goes on with
  /// it, best once what came before is stored.
  [[nodiscard]] bool is_unsettled() const;

  /// Counts, running jobs with their progress, work done and time left. Names of running jobs are left empty,
  /// the app fills them from the store.
  [[nodiscard]] std::optional<SweepStatus> sweep_status(SweepId id, Now now) const;
  /// Of all sweeps, in the order of their numbers, for little more than the price of one.
  [[nodiscard]] std::vector<SweepStatus> sweep_statuses(Now now) const;
  [[nodiscard]] std::vector<SweepId> sweeps() const;
  /// Grows with every change that sweep_status(id) would show, but for what workers change in its hint.
  [[nodiscard]] std::uint64_t sweep_version(SweepId id) const;
  [[nodiscard]] std::optional<JobState> job_state(JobKey key) const;
  /// How far jobs are and why they do not run, for a listing; what the store says of them is there already.
  /// The state that each will have, where what people asked of its sweeps has not reached it yet.
  void annotate(std::span<JobRow> rows, Now now) const;
  /// In the order of their names.
  [[nodiscard]] std::vector<AttachedWorker> workers() const;
  [[nodiscard]] const Counters& counters() const;
  /// Transitions that the rules asked for and that are no legal ones: bugs of ours, which changed nothing.
  /// Only grows; the first hundred of this boot, each once.
  [[nodiscard]] const std::vector<std::string>& defects() const;
  /// Of all sweeps together.
  [[nodiscard]] StateCounts totals() const;

  /// A sentence for each broken invariant; empty when all hold. Tests call it after every step.
  [[nodiscard]] std::vector<std::string> check_invariants() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spin::core
