#include "server/app/read_only_gate.h"

#include <chrono>
#include <optional>
#include <utility>

#include "server/app/limited_query.h"

namespace spin {
namespace {

Error refused(const char* what) {
  return Error{ErrorCode::failed_precondition,
               std::string("this spind reads its database alone (--read-only) and ") + what +
                   "; `spind --db` without --read-only does"};
}

/// A log that grows no more.
class WholeLog final : public LogFeed {
 public:
  explicit WholeLog(Page page) : page_(std::move(page)) {}
  void next(Ready ready) override { ready(std::move(page_)); }

 private:
  Page page_;
};

}  // namespace

Result<std::vector<SweepStatus>> ReadOnlyGate::status(const std::string& sweep) {
  std::optional<SweepId> only;
  if (!sweep.empty()) {
    SPIN_ASSIGN(only, reader_.find_sweep(sweep));
  }
  const std::lock_guard lock(mutex_);
  std::vector<SweepStatus> found;
  for (const SweepId id : only ? std::vector{*only} : coordinator_.sweeps()) {
    auto status = coordinator_.sweep_status(id, std::chrono::steady_clock::now());
    if (!status) continue;
    status->hint.clear();  // nothing is to run here
    names_.fill(*status);
    found.push_back(std::move(*status));
  }
  return found;
}

Status ReadOnlyGate::jobs(const std::string& sweep, const std::function<bool(const JobRow&)>& each) {
  SPIN_ASSIGN(const SweepId id, reader_.find_sweep(sweep));
  return list_jobs(reader_, id, annotate_, each);
}

Result<JobDetail> ReadOnlyGate::job(const std::string& job) { return show_job(reader_, job, annotate_); }

std::vector<JobRow> ReadOnlyGate::annotated(std::vector<JobRow> rows) {
  const std::lock_guard lock(mutex_);
  coordinator_.annotate(rows, std::chrono::steady_clock::now());
  for (JobRow& row : rows)
    if (row.state == JobState::ready) row.reason.clear();  // nothing is to run here
  return rows;
}

Status ReadOnlyGate::logs(const std::string& job, const std::function<bool(const LogLine&)>& each) {
  SPIN_ASSIGN(const core::JobKey key, reader_.find_job(job));
  return reader_.whole_log(key, each);
}

Result<std::unique_ptr<LogFeed>> ReadOnlyGate::follow(const std::string& job) {
  LogFeed::Page page{{}, true};
  SPIN_TRY(logs(job, [&page](const LogLine& line) {
    page.items.push_back(line);
    return true;
  }));
  return std::unique_ptr<LogFeed>(std::make_unique<WholeLog>(std::move(page)));
}

Status ReadOnlyGate::results(const std::string& sweep, const std::function<bool(const ResultRow&)>& each) {
  SPIN_ASSIGN(const SweepId id, reader_.find_sweep(sweep));
  return reader_.results(id, each);
}

Result<std::vector<WorkerRow>> ReadOnlyGate::workers() { return reader_.workers(); }

Result<bool> ReadOnlyGate::query(const std::string& sql, std::int64_t max_rows, QueryVisitor& visitor) {
  QueryLimits limits;
  limits.folder = scratch_;
  return run_limited_query(database_, sql, limits, max_rows, visitor);
}

Result<Submitted> ReadOnlyGate::submit(const SweepFile& /*source*/, const SubmissionOptions& /*options*/,
                                       const std::function<bool(const SubmitProgress&)>& /*progress*/) {
  return refused("takes no sweep");
}

Result<std::unique_ptr<StatusFeed>> ReadOnlyGate::watch(const std::string& /*sweep*/) {
  return refused("nothing changes in it");
}

Result<std::int64_t> ReadOnlyGate::steer(const std::string& /*target*/, const steer::Action& /*action*/) {
  return refused("changes nothing");
}

Result<int> ReadOnlyGate::drain(const std::string& /*worker*/) { return refused("has no workers"); }

Status ReadOnlyGate::backup(const std::string& /*path*/, bool /*replace*/,
                            const std::function<bool(const BackupProgress&)>& /*progress*/) {
  return refused("writes no backup");
}

Result<std::vector<CheckRow>> ReadOnlyGate::examine(bool /*deep*/, const std::function<bool()>& /*go_on*/) {
  return Error{ErrorCode::failed_precondition,
               "this spind reads its database alone (--read-only); `spind doctor --db PATH` examines it"};
}

void ReadOnlyFleet::attach(WorkerHello /*hello*/, std::shared_ptr<WorkerLink> link) {
  link->close(refused("has no work"));
}

void ReadOnlyFleet::receive(const std::shared_ptr<WorkerLink>& /*link*/,
                            std::vector<WorkerMessage> /*messages*/, std::function<void()> taken) {
  taken();
}

void ReadOnlyFleet::detached(const std::shared_ptr<WorkerLink>& /*link*/) {}

}  // namespace spin
