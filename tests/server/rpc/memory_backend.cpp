#include "tests/server/rpc/memory_backend.h"

#include <algorithm>
#include <chrono>

#include "schema/base/sha256.h"
#include "schema/base/version.h"

namespace spin {

void MemoryBackend::add_jobs(int count) {
  for (int i = 0; i < count; ++i) {
    const auto number = static_cast<std::int64_t>(all_.size()) + 1;
    const std::string name = "job-" + std::to_string(number);
    all_.push_back({.attempt = {1, number}, .job = {sha256(name)}, .name = name, .config = "{}", .root = ""});
    ready_.push_back(all_.back());
    ++counts_.ready;
  }
}

void MemoryBackend::attach(WorkerHello hello, std::shared_ptr<WorkerLink> link) {
  if (hello.version != kVersion)
    return link->close(Error{ErrorCode::failed_precondition, "another version: " + hello.version});
  const std::lock_guard lock(mutex_);
  link->send({Welcome{.session = {1}, .boot_epoch = 1, .lease_ms = 1000, .heartbeat_ms = 200}});
  workers_[link.get()] = {std::move(hello), link};
}

void MemoryBackend::receive(const std::shared_ptr<WorkerLink>& link, std::vector<WorkerMessage> messages,
                            std::function<void()> taken) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& message : messages) receive_locked(link, message);
  }
  bell_.ring();
  taken();
}

void MemoryBackend::receive_locked(const std::shared_ptr<WorkerLink>& link, const WorkerMessage& message) {
  if (const auto* credits = std::get_if<Credits>(&message)) {
    for (int i = 0; i < credits->free.front() && !ready_.empty(); ++i) {
      link->send({Lease{{ready_.front()}, {"cpu"}}});
      ready_.pop_front();
      --counts_.ready;
      ++counts_.running;
    }
  }
  if (const auto* report = std::get_if<SequencedReport>(&message)) {
    reports_.push_back(*report);
    if (std::holds_alternative<AttemptFinished>(report->report.body)) {
      --counts_.running;
      ++counts_.completed;
    }
    link->send({ReportAck{report->sequence}});
  }
}

void MemoryBackend::detached(const std::shared_ptr<WorkerLink>& link) {
  const std::lock_guard lock(mutex_);
  workers_.erase(link.get());
}

class MemoryBackend::StatusPages final : public PolledFeed<SweepStatus> {
 public:
  explicit StatusPages(MemoryBackend& backend) : PolledFeed(backend.bell_), backend_(backend) {}
  ~StatusPages() override { quit(); }

 private:
  std::optional<Result<Page>> look() override {
    const std::lock_guard lock(backend_.mutex_);
    if (last_ == backend_.counts_) return {};
    last_ = backend_.counts_;
    return Page{.items = {backend_.status_locked()}, .last = last_->live() == 0};
  }

  MemoryBackend& backend_;
  std::optional<StateCounts> last_;
};

class MemoryBackend::LogPages final : public PolledFeed<LogLine> {
 public:
  explicit LogPages(MemoryBackend& backend) : PolledFeed(backend.bell_), backend_(backend) {}
  ~LogPages() override { quit(); }

 private:
  std::optional<Result<Page>> look() override {
    const std::lock_guard lock(backend_.mutex_);
    Page page;
    for (; sent_ < backend_.log_.size(); ++sent_)
      page.items.push_back(
          {.number = static_cast<std::int64_t>(sent_) + 1, .at_ms = 1, .text = backend_.log_[sent_]});
    page.last = backend_.log_ended_;
    if (page.items.empty() && !page.last) return {};
    return page;
  }

  MemoryBackend& backend_;
  std::size_t sent_ = 0;
};

SweepStatus MemoryBackend::status_locked() const {
  SweepStatus status;
  status.id = {1};
  status.name = "s";
  status.counts = counts_;
  return status;
}

Status MemoryBackend::check_sweep(const std::string& sweep) const {
  if (sweep == "s" || sweep == "1") return {};
  return Error{ErrorCode::not_found, "no sweep '" + sweep + "'; there is s"};
}

Result<Submitted> MemoryBackend::submit(const SweepFile& file, const SubmissionOptions& /*options*/,
                                        const std::function<bool(const SubmitProgress&)>& progress) {
  if (file.text.empty()) return Error{ErrorCode::invalid_argument, file.file + ":1: empty"};
  if (!progress({.planned = 1, .stored = 0})) return Error{ErrorCode::unavailable, "nobody waits any more"};
  const int count = 1 + static_cast<int>(file.overrides.size());
  {
    const std::lock_guard lock(mutex_);
    add_jobs(count);
  }
  bell_.ring();
  return Submitted{.sweep = {1}, .name = "s", .jobs = count, .jobs_new = count};
}

Result<std::vector<SweepStatus>> MemoryBackend::status(const std::string& sweep) {
  if (!sweep.empty()) SPIN_TRY(check_sweep(sweep));
  const std::lock_guard lock(mutex_);
  return std::vector{status_locked()};
}

Result<std::unique_ptr<StatusFeed>> MemoryBackend::watch(const std::string& sweep) {
  SPIN_TRY(check_sweep(sweep));
  return std::unique_ptr<StatusFeed>(std::make_unique<StatusPages>(*this));
}

Status MemoryBackend::jobs(const std::string& sweep, const std::function<bool(const JobRow&)>& each) {
  SPIN_TRY(check_sweep(sweep));
  const std::lock_guard lock(mutex_);
  for (const auto& lease : all_) {
    JobRow row;
    row.id = lease.job;
    row.name = lease.name;
    row.state = JobState::ready;
    if (!each(row)) return {};
  }
  return {};
}

Result<JobDetail> MemoryBackend::job(const std::string& job) {
  const std::lock_guard lock(mutex_);
  for (const auto& lease : all_) {
    if (lease.name != job) continue;
    JobDetail detail;
    detail.row.id = lease.job;
    detail.row.name = lease.name;
    detail.config = lease.config;
    return detail;
  }
  return Error{ErrorCode::not_found, "no job '" + job + "'"};
}

Status MemoryBackend::logs(const std::string& /*job*/, const std::function<bool(const LogLine&)>& each) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < log_.size(); ++i)
    if (!each({.number = static_cast<std::int64_t>(i) + 1, .at_ms = 1, .text = log_[i]})) break;
  return {};
}

Result<std::unique_ptr<LogFeed>> MemoryBackend::follow(const std::string& /*job*/) {
  return std::unique_ptr<LogFeed>(std::make_unique<LogPages>(*this));
}

Status MemoryBackend::results(const std::string& sweep, const std::function<bool(const ResultRow&)>& each) {
  SPIN_TRY(check_sweep(sweep));
  ResultRow row;
  row.network = "64/8/4/3";
  row.top1_mean = 88.5;
  each(row);
  return {};
}

Result<std::int64_t> MemoryBackend::steer(const std::string& target, const steer::Action& /*action*/) {
  SPIN_TRY(check_sweep(target));
  std::int64_t cancelled = 0;
  {
    const std::lock_guard lock(mutex_);
    cancelled = counts_.ready;
    ready_.clear();
    counts_.ready = 0;
    counts_.cancelled += cancelled;
  }
  bell_.ring();
  return cancelled;
}

Result<std::vector<WorkerRow>> MemoryBackend::workers() {
  const std::lock_guard lock(mutex_);
  std::vector<WorkerRow> rows;
  for (const auto& [link, worker] : workers_) {
    WorkerRow row;
    row.name = worker.hello.name;
    row.state = "online";
    rows.push_back(row);
  }
  return rows;
}

Result<int> MemoryBackend::drain(const std::string& worker) {
  const std::lock_guard lock(mutex_);
  for (const auto& [link, each] : workers_) {
    if (each.hello.name != worker) continue;
    each.link->send({DrainRequest{}});
    return static_cast<int>(counts_.running);
  }
  return Error{ErrorCode::not_found, "there is no worker '" + worker + "'"};
}

Result<bool> MemoryBackend::query(const std::string& sql, std::int64_t max_rows, QueryVisitor& visitor) {
  if (sql == kSlowQuery) {
    std::unique_lock lock(mutex_);
    ++running_queries_;
    while (!queries_may_go_ && visitor.go_on()) queries_let_go_.wait_for(lock, std::chrono::milliseconds(20));
    --running_queries_;
    return false;
  }
  if (sql != "SELECT n, text FROM numbers") return Error{ErrorCode::invalid_argument, "near \"" + sql + "\""};
  visitor.columns({"n", "text"});
  const std::int64_t last = max_rows > 0 ? std::min(max_rows, kRows) : kRows;
  for (std::int64_t n = 1; n <= last; ++n)
    if (!visitor.row({n, std::string(1024, 'x')})) return Error{ErrorCode::unavailable, "ended"};
  return last < kRows;
}

int MemoryBackend::running_queries() const {
  const std::lock_guard lock(mutex_);
  return running_queries_;
}

void MemoryBackend::let_queries_go() {
  const std::lock_guard lock(mutex_);
  queries_may_go_ = true;
  queries_let_go_.notify_all();
}

Status MemoryBackend::backup(const std::string& name, bool replace,
                             const std::function<bool(const BackupProgress&)>& progress) {
  if (name == "there.db" && !replace) return Error{ErrorCode::already_exists, name + " is there"};
  for (int done = 0; done < 3; ++done)
    if (!progress({.done_bytes = done, .total_bytes = 3})) return Error{ErrorCode::unavailable, "ended"};
  progress({.done_bytes = 3, .total_bytes = 3, .complete = true, .path = "/backups/" + name});
  return {};
}

Result<std::vector<CheckRow>> MemoryBackend::examine(bool deep, const std::function<bool()>& go_on) {
  if (!go_on()) return Error{ErrorCode::unavailable, "ended"};
  return std::vector<CheckRow>{{.name = "artifacts",
                                .state = deep ? CheckState::failed : CheckState::ok,
                                .found = "3 files",
                                .advice = deep ? "put one back" : ""}};
}

std::size_t MemoryBackend::attached() const {
  const std::lock_guard lock(mutex_);
  return workers_.size();
}

std::vector<SequencedReport> MemoryBackend::reports() const {
  const std::lock_guard lock(mutex_);
  return reports_;
}

void MemoryBackend::send_to_all(const CoordinatorMessage& message) {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, worker] : workers_) worker.link->send({message});
}

void MemoryBackend::close_all(const Status& status) {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, worker] : workers_) worker.link->close(status);
}

void MemoryBackend::add_log(const std::string& line) {
  {
    const std::lock_guard lock(mutex_);
    log_.push_back(line);
  }
  bell_.ring();
}

void MemoryBackend::end_logs() {
  {
    const std::lock_guard lock(mutex_);
    log_ended_ = true;
  }
  bell_.ring();
}

}  // namespace spin
