#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "server/app/engine.h"
#include "server/app/feeds.h"
#include "server/app/job_listing.h"
#include "server/app/job_names.h"
#include "server/app/large_submissions.h"

namespace spin {

/// Answers people: what changes goes to the strand, what is stored comes from a reader. Its calls block, but
/// for those of the feeds that it gives.
class ControlGate final : public ControlBackend {
 public:
  struct Parts {
    Strand& strand;
    Engine& engine;
    Reader& reader;      ///< for single rows, so that no listing holds them up
    Reader& log_reader;  ///< for logs that are followed
    LargeSubmissions& large_submissions;
    std::filesystem::path database;   ///< listings read through a connection of their own
    std::filesystem::path artifacts;  ///< folder
    std::filesystem::path backups;    ///< folder
    std::filesystem::path socket;     ///< empty where it listens on none
    std::uint64_t reserve_bytes = 0;
    std::int64_t boot_epoch = 0;
  };
  explicit ControlGate(Parts parts);

  /// What the engine tells of its steps.
  [[nodiscard]] Observer& observer() { return feeds_; }
  /// While the strand still answers.
  void stop() { feeds_.stop(); }

  [[nodiscard]] std::int64_t boot_epoch() const override { return parts_.boot_epoch; }
  Result<Submitted> submit(const SweepFile& source, const SubmissionOptions& options,
                           const std::function<bool(const SubmitProgress&)>& progress) override;
  Result<std::vector<SweepStatus>> status(const std::string& sweep) override;
  Result<std::unique_ptr<StatusFeed>> watch(const std::string& sweep) override;
  Status jobs(const std::string& sweep, const std::function<bool(const JobRow&)>& each) override;
  Result<JobDetail> job(const std::string& job) override;
  Status logs(const std::string& job, const std::function<bool(const LogLine&)>& each) override;
  Result<std::unique_ptr<LogFeed>> follow(const std::string& job) override;
  Status results(const std::string& sweep, const std::function<bool(const ResultRow&)>& each) override;
  Result<std::int64_t> steer(const std::string& target, const steer::Action& action) override;
  Result<std::vector<WorkerRow>> workers() override;
  Result<int> drain(const std::string& worker) override;
  // upkeep_gate.cpp
  Result<bool> query(const std::string& sql, std::int64_t max_rows, QueryVisitor& visitor) override;
  Status backup(const std::string& name, bool replace,
                const std::function<bool(const BackupProgress&)>& progress) override;
  Result<std::vector<CheckRow>> examine(bool deep, const std::function<bool()>& go_on) override;

 private:
  Result<std::variant<SweepId, core::JobKey>> find_target(const std::string& target);

  Parts parts_;
  const Annotate annotate_;
  JobNames names_;
  Feeds feeds_;
};

}  // namespace spin
