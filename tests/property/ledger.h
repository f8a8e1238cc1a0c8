#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "tests/property/sim_worker.h"
#include "tests/server/core/model_store.h"

namespace spin::core {

/// What must hold, kept apart from the coordinator: follows the changes as they are stored, and judges each
/// new lease by the store alone. A broken rule is a test failure.
class Ledger {
 public:
  /// `is_plain`: all jobs can run on all workers, so that the order of leases is fully known.
  Ledger(const ModelStore& store, bool is_plain) : store_(store), is_plain_(is_plain) {}

  /// Before the changes of the same step are observed.
  void grants(const SendLease& lease) { devices_[lease.attempt] = lease.devices; }
  /// Before the change is stored.
  void observe(const Change& change);
  /// The coordinator starts anew: its accounts of what workers were given, too.
  void restarted() {
    given_.clear();
    draining_.clear();
  }
  /// The worker was asked to take nothing more.
  void drains(const WorkerHello& worker) { draining_[worker.name] = worker.pid; }
  /// The lease is one that a worker under quarantine may prove itself with.
  void probes(const AttemptToken& token) { probes_.insert(token); }

  /// Once nothing goes wrong any more and all time has been given. The workers are all there are.
  void check_end(const std::vector<SimWorker>& workers) const;

 private:
  struct Given {
    std::string device;
    std::int64_t memory_bytes = 0;
  };

  void check_lease(const InsertAttempt& lease);
  void check_order(const StoredJob& job) const;
  void check_job(const ModelStore::JobRow& row, const std::map<AttemptToken, JobId>& finished,
                 const std::vector<SimWorker>& workers) const;
  /// Whether one of the workers is what the job needs, and all that it depends on can run too.
  [[nodiscard]] bool can_run(const StoredJob& job, const std::vector<SimWorker>& workers) const;
  [[nodiscard]] const StoredSweep* owner_of(JobKey job) const;
  [[nodiscard]] int priority_of(const StoredJob& job) const;
  [[nodiscard]] int running_of(SweepId sweep) const;

  const ModelStore& store_;
  const bool is_plain_;
  std::map<std::string, WorkerHello> hellos_;
  /// Leases that were granted to a worker since it attached and that have not ended.
  std::map<std::string, std::map<AttemptToken, Given>> given_;
  std::map<AttemptToken, std::vector<std::string>> devices_;  ///< of every lease
  std::map<std::string, std::int64_t> draining_;              ///< its process
  std::set<AttemptToken> probes_;
  std::set<JobKey> ever_cancelled_;
  std::set<AttemptToken> deleted_;  ///< with their jobs
};

/// Of Requirements and memory alone: whether the device of the worker is one for the sweep's job.
[[nodiscard]] bool suits(const WorkerHello& worker, const DeviceOffer& offer, const StoredSweep& sweep,
                         std::int64_t memory_bytes);
/// Whether one of its devices is.
[[nodiscard]] bool suits(const WorkerHello& worker, const StoredSweep& sweep, std::int64_t memory_bytes);

}  // namespace spin::core
