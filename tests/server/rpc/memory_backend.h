#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/rpc/backend.h"
#include "tests/support/polled_feed.h"

namespace spin {

/// A coordinator in memory, small but real: workers get jobs for their credits, reports are kept and
/// acknowledged, and one sweep, "s", counts what is left of them. Thread-safe.
class MemoryBackend final : public FleetBackend, public ControlBackend {
 public:
  explicit MemoryBackend(int jobs) { add_jobs(jobs); }

  // FleetBackend
  void attach(WorkerHello hello, std::shared_ptr<WorkerLink> link) override;
  void receive(const std::shared_ptr<WorkerLink>& link, std::vector<WorkerMessage> messages,
               std::function<void()> taken) override;
  void detached(const std::shared_ptr<WorkerLink>& link) override;

  // ControlBackend
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
  [[nodiscard]] std::int64_t boot_epoch() const override { return 1; }
  Result<std::vector<WorkerRow>> workers() override;
  Result<int> drain(const std::string& worker) override;
  /// Answers with the numbers from 1 to kRows, each beside a kilobyte of text; with nothing to kSlowQuery,
  /// once it is let go.
  Result<bool> query(const std::string& sql, std::int64_t max_rows, QueryVisitor& visitor) override;
  Status backup(const std::string& name, bool replace,
                const std::function<bool(const BackupProgress&)>& progress) override;
  Result<std::vector<CheckRow>> examine(bool deep, const std::function<bool()>& go_on) override;
  static constexpr std::int64_t kRows = 20'000;
  static constexpr char kSlowQuery[] = "SELECT n FROM slow";

  // What tests ask and do.
  [[nodiscard]] std::size_t attached() const;
  [[nodiscard]] std::vector<SequencedReport> reports() const;
  /// To every attached worker.
  void send_to_all(const CoordinatorMessage& message);
  void close_all(const Status& status);
  void add_log(const std::string& line);
  void end_logs();
  [[nodiscard]] int running_queries() const;
  void let_queries_go();

 private:
  class StatusPages;
  class LogPages;
  struct Worker {
    WorkerHello hello;
    std::shared_ptr<WorkerLink> link;
  };
  void add_jobs(int count);
  void receive_locked(const std::shared_ptr<WorkerLink>& link, const WorkerMessage& message);
  Status check_sweep(const std::string& sweep) const;
  [[nodiscard]] SweepStatus status_locked() const;

  Bell bell_;
  mutable std::mutex mutex_;
  // Behind the mutex.
  std::map<const WorkerLink*, Worker> workers_;
  std::deque<LeasedJob> ready_;
  std::vector<LeasedJob> all_;
  std::vector<SequencedReport> reports_;
  StateCounts counts_;
  std::vector<std::string> log_;
  bool log_ended_ = false;
  int running_queries_ = 0;  ///< slow ones
  bool queries_may_go_ = false;
  std::condition_variable queries_let_go_;
};

}  // namespace spin
