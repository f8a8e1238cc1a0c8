#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/commands/interrupt.h"
#include "client/commands/options.h"
#include "proto/net/endpoint.h"
#include "schema/base/result.h"
#include "schema/job/query.h"
#include "schema/job/steering.h"
#include "schema/job/submission.h"
#include "schema/job/upkeep.h"
#include "schema/job/views.h"

namespace spin::cli {

class ControlChannel;

struct QueryAnswer {
  std::vector<std::string> columns;
  std::vector<QueryRow> rows;  ///< each as wide as `columns`
  bool cut = false;            ///< there are more
};

struct WorkerListing {
  std::vector<WorkerRow> rows;
  std::int64_t boot_epoch = 0;  ///< of the coordinator that answered
};

struct DrainBegun {
  int running = 0;  ///< jobs that the worker finishes before it leaves
  std::int64_t boot_epoch =
      0;  ///< of the coordinator that was asked: one that starts anew may not know of it
};

/// Calls of the coordinator as plain values. Every call ends with the interrupt, `unavailable`; all but
/// submit(), watch(), download(), backup(), examine() and a followed log have a deadline too. `unavailable`
/// says how to start a coordinator where none is there; failed_precondition where it is of another version
/// that does not know the call; resource_exhausted where it drops a stream that is read too slowly.
class ControlClient {
 public:
  /// Connects with the first call. `interrupt` outlives the client; null where signals end the process.
  /// invalid_argument where the address is none, or lacks certificates that would do.
  static Result<ControlClient> make(const net::CoordinatorAddress& address, Interrupt* interrupt = nullptr);
  ~ControlClient();
  ControlClient(ControlClient&&) noexcept;
  ControlClient& operator=(ControlClient&&) = delete;

  /// `replace`: takes the place of a live sweep of the same name. Once the sweep is durable with all its
  /// jobs.
  Result<Submitted> submit(const SweepFile& sweep, const SubmissionOptions& options,
                           const std::function<void(const SubmitProgress&)>& each);
  /// Empty text: all sweeps.
  Result<std::vector<SweepStatus>> status(const std::string& sweep);
  Result<std::vector<JobRow>> jobs(const std::string& sweep);
  Result<JobDetail> job(const std::string& job);
  /// Bytes of an artifact of a job, in order; not_found where the coordinator has them no more.
  Status download(const ArtifactId& id, const std::function<Status(std::string_view)>& each);
  /// How many jobs it changed.
  Result<std::int64_t> steer(const std::string& target, const steer::Action& action);
  Result<WorkerListing> workers();
  Result<DrainBegun> drain(const std::string& worker);
  /// `max_rows` 0: the coordinator's own limit.
  Result<QueryAnswer> query(const std::string& sql, std::int64_t max_rows);
  /// Copies the database to a file of the coordinator's folder of backups, empty: named by the time; ok once
  /// the copy is complete. The last progress says where it is.
  Status backup(const std::string& name, bool replace,
                const std::function<void(const BackupProgress&)>& each);
  /// `deep`: reads every artifact.
  Result<std::vector<CheckRow>> examine(bool deep);

  /// Every status until no job of the sweep can change by itself, or the interrupt comes.
  Status watch(const std::string& sweep, const std::function<void(const SweepStatus&)>& each);
  /// The job's log; with `follow` until the job ends, or the interrupt comes.
  Status logs(const std::string& job, bool follow, const std::function<void(const LogLine&)>& each);

 private:
  explicit ControlClient(std::unique_ptr<ControlChannel> channel);
  std::unique_ptr<ControlChannel> channel_;
};

}  // namespace spin::cli
