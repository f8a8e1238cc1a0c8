#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/job/views.h"
#include "server/core/events.h"

namespace spin {

/// A job that has a result, and the fingerprint of the data that it was trained on.
struct TrainedJob {
  JobId job;
  std::string data;
};

/// Read-only view of what is committed. Thread-safe (one connection behind a lock); never blocks the writer.
class Reader {
 public:
  static Result<std::unique_ptr<Reader>> open(const std::filesystem::path& path);
  virtual ~Reader() = default;

  /// `text` is an id or a name; the newest sweep of that name. not_found lists what there is.
  virtual Result<SweepId> find_sweep(const std::string& text) = 0;
  /// Hash, a unique beginning of it (8 or more digits), or SWEEP/NAME.
  virtual Result<core::JobKey> find_job(const std::string& text) = 0;
  /// In the order of the orders.
  virtual Result<std::vector<Lease>> leases(std::span<const core::SendLease> orders) = 0;
  /// That a job has in this sweep; not_found where it has none.
  virtual Result<std::string> job_name(SweepId sweep, core::JobKey job) = 0;
  /// What the sweep was planned from.
  virtual Result<SweepFile> source(SweepId sweep) = 0;
  /// Rows in the order of the plan, handed out one by one; false from `each` ends it.
  virtual Status jobs(SweepId sweep, const std::function<bool(const JobRow&)>& each) = 0;
  virtual Result<JobDetail> job(core::JobKey job) = 0;
  /// As jobs().
  virtual Status results(SweepId sweep, const std::function<bool(const ResultRow&)>& each) = 0;
  /// Lines with a number above `after`, at most `limit`, and fewer where they are long; none where there are
  /// none.
  virtual Result<std::vector<LogLine>> log(core::JobKey job, std::int64_t after, int limit) = 0;
  /// Every line that is there, one by one; false from `each` ends it.
  Status whole_log(core::JobKey job, const std::function<bool(const LogLine&)>& each);
  /// What the data set was whenever jobs were trained on it; a few rows.
  virtual Result<std::vector<DataState>> data_states(const std::string& dataset) = 0;
  /// Jobs of the data set that have a result of data with another fingerprint. Looks at every job there is.
  virtual Result<std::vector<TrainedJob>> trained_on_others(const std::string& dataset,
                                                            const std::string& fingerprint) = 0;
  /// Name, host, devices, version, slots, threads, jobs_done, last_seen of every worker ever attached.
  virtual Result<std::vector<WorkerRow>> workers() = 0;
};

}  // namespace spin
