#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/core/catalogue.h"
#include "server/core/coordinator.h"
#include "server/core/data_history.h"
#include "server/core/ready_queue.h"
#include "server/core/timers.h"
#include "server/core/workers.h"

namespace spin::core {

/// A device of a worker, by their names.
struct WorkerDevice {
  std::string worker;
  std::string device;  ///< empty = not known
  auto operator<=>(const WorkerDevice&) const = default;
};

/// Failures on a device since its last success.
struct Trouble {
  int failures = 0;
  std::set<JobKey> jobs;  ///< which failed
};
struct Quarantine {
  Now until;
  std::int64_t wait_ms = 0;  ///< how long it lasts; doubles with each probe that fails
  bool probing = false;      ///< the time is over: one job at a time
  std::string reason;        ///< for people
};

/// All that the coordinator knows. The rules are free functions over it, one file a subject.
struct Core {
  // Constant after construction.
  CoordinatorSettings settings;
  std::int64_t boot_epoch = 0;
  /// Jobs that had a result when this boot began, less those that were taken from jobs since.
  std::int64_t done_before = 0;

  Catalogue catalogue;
  NeedsTable needs;
  std::unordered_map<JobKey, int> own_priority;  ///< of the few jobs that have one
  ReadyQueue ready;
  Timers timers;
  std::set<SweepId> deleting;
  std::set<SweepId> unsettled;  ///< sweeps that are not is_settled()
  Workers workers;
  /// Jobs by their running attempt, by the lost one that may still come back, and by the one that a pause
  /// has stopped.
  std::unordered_map<AttemptToken, JobKey> attempts;
  std::unordered_map<JobKey, WorkerDevice> last_failed_on;  ///< of jobs that may run again
  /// What was done of jobs that ran and will go on from there, 0 to 1: until their next attempt says more.
  std::unordered_map<JobKey, double> kept_shares;
  /// Of jobs that were begun anew: attempts up to this one are over, whatever they report.
  std::unordered_map<JobKey, AttemptToken> superseded;
  DataHistory data;
  std::map<WorkerDevice, Trouble> troubles;
  std::map<WorkerDevice, Quarantine> quarantines;
  int limited_devices = 0;                        ///< of attached workers, for they are quarantined
  std::optional<std::string> hold;                ///< why no leases are granted now
  std::map<JobKey, std::int64_t> lines_left_out;  ///< of jobs' logs, since `hold`
  std::int64_t next_sequence = 1;
  Counters counters;
  /// Transitions that were refused: bugs of ours. The first of them, each once; check_invariants() shows
  /// them.
  std::vector<std::string> defects;
};

struct Coordinator::State {
  Core core;
};

}  // namespace spin::core
