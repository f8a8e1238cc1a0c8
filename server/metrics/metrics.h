#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "schema/job/views.h"
#include "server/core/coordinator.h"

namespace spin {

/// What the coordinator knows at one moment, for a scrape.
struct MetricsSnapshot {
  core::Counters counters;
  StateCounts jobs;                    ///< summed over sweeps
  std::map<std::string, int> workers;  ///< attached, by state as in WorkerRow
  int slots_busy = 0;
  std::int64_t calls_cut_off = 0;  ///< since start
};

/// The coordinator's metrics in Prometheus' terms. Labels are bounded: job states and worker states only.
/// Thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Time from handing a step's changes to the store until they were durable.
  void commit_took(std::chrono::steady_clock::duration time);
  /// The text exposition format, with the snapshot's values.
  std::string text(const MetricsSnapshot& snapshot);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace spin
