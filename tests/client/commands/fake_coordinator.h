#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <grpcpp/server.h>

#include "server/rpc/backend.h"
#include "server/rpc/control_service.h"
#include "tests/client/commands/fake_upkeep.h"
#include "tests/support/polled_feed.h"

namespace spin::cli {

/// A coordinator in memory: takes sweeps, and the test plays the workers. Thread-safe.
class FakeCoordinator final : public ControlBackend {
 public:
  // What the test lets happen. Jobs are named by their place in the newest sweep.
  void start(std::size_t job, const Progress& progress);
  void finish(std::size_t job, double top1);
  void fail(std::size_t job, const std::string& reason);
  void log(std::size_t job, const std::string& text);
  /// Also anew, under a name that is known.
  void attach(const WorkerRow& worker);
  /// What a new start leaves of the workers: those that have attached again since.
  void start_anew(const std::vector<WorkerRow>& attached);
  /// A draining worker ends one of its jobs; after the last it is gone.
  void end_one(const std::string& worker);
  /// Listings of all sweeps end with an error from now on.
  void refuse_listings();
  /// How often drains were asked for.
  [[nodiscard]] int drains() const;
  [[nodiscard]] JobState state(std::size_t job) const;
  /// How the newest sweep was handed in.
  [[nodiscard]] SubmissionOptions submission() const;

  /// While it lives, submissions, listings of jobs and single jobs are not answered.
  class Hold {
   public:
    explicit Hold(FakeCoordinator& coordinator);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    /// Waits until one more call than last time has come; false where none does.
    bool has_new_call(std::chrono::seconds deadline);

   private:
    FakeCoordinator& coordinator_;
    int seen_ = 0;
  };

  Result<Submitted> submit(const SweepFile& file, const SubmissionOptions& options,
                           const std::function<bool(const SubmitProgress&)>& progress) override;
  Result<std::vector<SweepStatus>> status(const std::string& sweep) override;
  Result<std::unique_ptr<StatusFeed>> watch(const std::string& sweep) override;
  Status jobs(const std::string& sweep, const std::function<bool(const JobRow&)>& each) override;
  Result<JobDetail> job(const std::string& job) override;
  Status logs(const std::string& job, const std::function<bool(const LogLine&)>& each) override;
  Result<std::unique_ptr<LogFeed>> follow(const std::string& job) override;
  Status results(const std::string& sweep, const std::function<bool(const ResultRow&)>& each) override;
  Result<std::int64_t> steer(const std::string& target, const steer::Action& action) override;
  [[nodiscard]] std::int64_t boot_epoch() const override;
  Result<std::vector<WorkerRow>> workers() override;
  Result<int> drain(const std::string& worker) override;
  Result<bool> query(const std::string& sql, std::int64_t max_rows, QueryVisitor& visitor) override {
    return upkeep.query(sql, max_rows, visitor);
  }
  Status backup(const std::string& name, bool replace,
                const std::function<bool(const BackupProgress&)>& progress) override {
    return upkeep.backup(name, replace, progress);
  }
  Result<std::vector<CheckRow>> examine(bool deep, const std::function<bool()>& /*go_on*/) override {
    return upkeep.examine(deep);
  }

  FakeUpkeep upkeep;

 private:
  struct Job {
    JobRow row;
    std::size_t cell = 0;
    std::vector<std::string> log;
    std::optional<Progress> progress;
  };
  struct Sweep {
    SweepId id;
    std::string name;
    std::vector<Cell> cells;
    std::vector<Job> jobs;
    bool paused = false;
    int priority = 0;
  };
  class StatusPages;
  class LogPages;
  struct Steering;

  void wait_for_release();
  Result<Sweep*> find(const std::string& text);
  Result<Job*> find_job(const std::string& text);
  Result<std::vector<Job>> take_over(const SweepPlan& plan, bool replace, Submitted* reply);
  static void mark(Sweep& sweep, const steer::Action& action);
  static SweepStatus status_of(const Sweep& sweep);
  void change(std::size_t job, const std::function<void(Job&)>& how);

  Bell bell_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;  ///< of is_held_ and held_calls_
  // Behind mutex_.
  std::vector<Sweep> sweeps_;
  SubmissionOptions submission_;
  std::map<std::string, WorkerRow> workers_;
  std::int64_t boot_epoch_ = 1;
  std::uint64_t version_ = 0;
  bool is_held_ = false;
  int held_calls_ = 0;
  int drains_ = 0;
  bool refuses_listings_ = false;
};

/// Serves a Control service on a Unix socket until it is destroyed.
class ControlServer {
 public:
  ControlServer(grpc::Service& service, const std::string& socket);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace spin::cli
