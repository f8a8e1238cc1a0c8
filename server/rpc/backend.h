#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/job/query.h"
#include "schema/job/session.h"
#include "schema/job/steering.h"
#include "schema/job/submission.h"
#include "schema/job/upkeep.h"
#include "schema/job/views.h"
#include "schema/sweep/plan.h"
#include "server/rpc/feed.h"

// What the services need of the coordinator. server/app implements it; the services convert, call and convert
// back.

namespace spin {

/// One attached worker as the coordinator sees it; the stream implements it. Thread-safe, never blocks.
class WorkerLink {
 public:
  virtual ~WorkerLink() = default;
  /// In their order, and together where the stream is free.
  virtual void send(std::vector<CoordinatorMessage> messages) = 0;
  /// Ends the stream; an error becomes its gRPC status.
  virtual void close(Status status) = 0;
};

class FleetBackend {
 public:
  virtual ~FleetBackend() = default;
  /// Answered on the link: Welcome, or close() with the reason. Thread-safe, never blocks; so are all of
  /// these.
  virtual void attach(WorkerHello hello, std::shared_ptr<WorkerLink> link) = 0;
  /// `taken` is called once there is room for more; the stream reads no further until then.
  virtual void receive(const std::shared_ptr<WorkerLink>& link, std::vector<WorkerMessage> messages,
                       std::function<void()> taken) = 0;
  virtual void detached(const std::shared_ptr<WorkerLink>& link) = 0;
};

/// Blocking calls, made on threads of lanes. Thread-safe.
class ControlBackend {
 public:
  virtual ~ControlBackend() = default;
  /// Of this start of the coordinator.
  [[nodiscard]] virtual std::int64_t boot_epoch() const = 0;
  /// `progress` is called now and then; false from it ends the call, and before anything is stored the
  /// submission.
  virtual Result<Submitted> submit(const SweepFile& source, const SubmissionOptions& options,
                                   const std::function<bool(const SubmitProgress&)>& progress) = 0;
  /// Empty text: all sweeps.
  virtual Result<std::vector<SweepStatus>> status(const std::string& sweep) = 0;
  virtual Result<std::unique_ptr<StatusFeed>> watch(const std::string& sweep) = 0;
  virtual Status jobs(const std::string& sweep, const std::function<bool(const JobRow&)>& each) = 0;
  virtual Result<JobDetail> job(const std::string& job) = 0;
  /// Calls `each` for every line that is there, until it says false.
  virtual Status logs(const std::string& job, const std::function<bool(const LogLine&)>& each) = 0;
  /// Ends once the job has ended and all its lines were given.
  virtual Result<std::unique_ptr<LogFeed>> follow(const std::string& job) = 0;
  /// Rows in the order of the plan, until `each` says false.
  virtual Status results(const std::string& sweep, const std::function<bool(const ResultRow&)>& each) = 0;
  /// Jobs that it changed.
  virtual Result<std::int64_t> steer(const std::string& target, const steer::Action& action) = 0;
  virtual Result<std::vector<WorkerRow>> workers() = 0;
  /// Jobs that the worker finishes first.
  virtual Result<int> drain(const std::string& worker) = 0;
  /// At most `max_rows` rows, 0 = as many as there may be; true: there are more.
  virtual Result<bool> query(const std::string& sql, std::int64_t max_rows, QueryVisitor& visitor) = 0;
  /// To a file of the coordinator's folder of backups; an empty name is one of the time. `progress` is called
  /// now and then, at last with `complete` and the path; false from it breaks the backup off.
  virtual Status backup(const std::string& name, bool replace,
                        const std::function<bool(const BackupProgress&)>& progress) = 0;
  /// `go_on` is asked now and then; false breaks the examination off.
  virtual Result<std::vector<CheckRow>> examine(bool deep, const std::function<bool()>& go_on) = 0;
};

}  // namespace spin
