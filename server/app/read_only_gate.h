#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/app/job_listing.h"
#include "server/app/job_names.h"
#include "server/core/coordinator.h"
#include "server/rpc/backend.h"
#include "server/store/reader.h"

namespace spin {

/// Answers what people ask about a database that nobody writes, and refuses everything else. Its calls block,
/// on threads of lanes.
class ReadOnlyGate final : public ControlBackend {
 public:
  /// `database` as ReadOnlyDatabase names it; `scratch`: folder for what a query does not hold in memory. All
  /// of it outlives the gate.
  ReadOnlyGate(std::filesystem::path database, std::filesystem::path scratch, Reader& reader,
               const core::Coordinator& coordinator)
      : database_(std::move(database)),
        scratch_(std::move(scratch)),
        reader_(reader),
        coordinator_(coordinator) {}

  /// It makes no attempts and drains no workers: its start is as good as any other.
  [[nodiscard]] std::int64_t boot_epoch() const override { return 0; }
  Result<std::vector<SweepStatus>> status(const std::string& sweep) override;
  Status jobs(const std::string& sweep, const std::function<bool(const JobRow&)>& each) override;
  Result<JobDetail> job(const std::string& job) override;
  Status logs(const std::string& job, const std::function<bool(const LogLine&)>& each) override;
  Result<std::unique_ptr<LogFeed>> follow(const std::string& job) override;
  Status results(const std::string& sweep, const std::function<bool(const ResultRow&)>& each) override;
  Result<std::vector<WorkerRow>> workers() override;
  Result<bool> query(const std::string& sql, std::int64_t max_rows, QueryVisitor& visitor) override;

  Result<Submitted> submit(const SweepFile& source, const SubmissionOptions& options,
                           const std::function<bool(const SubmitProgress&)>& progress) override;
  Result<std::unique_ptr<StatusFeed>> watch(const std::string& sweep) override;
  Result<std::int64_t> steer(const std::string& target, const steer::Action& action) override;
  Result<int> drain(const std::string& worker) override;
  Status backup(const std::string& path, bool replace,
                const std::function<bool(const BackupProgress&)>& progress) override;
  Result<std::vector<CheckRow>> examine(bool deep, const std::function<bool()>& go_on) override;

 private:
  std::vector<JobRow> annotated(std::vector<JobRow> rows);

  const Annotate annotate_ = [this](std::vector<JobRow> rows) { return annotated(std::move(rows)); };
  const std::filesystem::path database_;
  const std::filesystem::path scratch_;
  Reader& reader_;
  JobNames names_{reader_};
  std::mutex mutex_;
  const core::Coordinator& coordinator_;  ///< behind the mutex
};

/// Workers get nothing to do.
class ReadOnlyFleet final : public FleetBackend {
 public:
  void attach(WorkerHello hello, std::shared_ptr<WorkerLink> link) override;
  void receive(const std::shared_ptr<WorkerLink>& link, std::vector<WorkerMessage> messages,
               std::function<void()> taken) override;
  void detached(const std::shared_ptr<WorkerLink>& link) override;
};

}  // namespace spin
