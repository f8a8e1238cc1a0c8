#include "tests/client/commands/fake_coordinator.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include "tests/client/commands/states.h"

namespace spin::cli {

class FakeCoordinator::StatusPages final : public PolledFeed<SweepStatus> {
 public:
  StatusPages(FakeCoordinator& owner, SweepId id) : PolledFeed(owner.bell_), owner_(owner), id_(id) {}
  ~StatusPages() override { quit(); }

 private:
  std::optional<Result<Page>> look() override {
    const std::lock_guard lock(owner_.mutex_);
    if (seen_ == owner_.version_) return {};
    seen_ = owner_.version_;
    const auto status = status_of(**owner_.find(std::to_string(id_.value)));
    return Page{.items = {status}, .last = status.counts.live() == 0};
  }

  FakeCoordinator& owner_;
  SweepId id_;
  std::uint64_t seen_ = 0;
};

class FakeCoordinator::LogPages final : public PolledFeed<LogLine> {
 public:
  LogPages(FakeCoordinator& owner, std::string job)
      : PolledFeed(owner.bell_), owner_(owner), job_(std::move(job)) {}
  ~LogPages() override { quit(); }

 private:
  std::optional<Result<Page>> look() override {
    const std::lock_guard lock(owner_.mutex_);
    const auto found = owner_.find_job(job_);
    if (!found.ok()) return found.error();
    Page page;
    for (const auto& log = (*found)->log; sent_ < log.size(); ++sent_)
      page.items.push_back({static_cast<std::int64_t>(sent_) + 1, 0, log[sent_]});
    page.last = !is_live((*found)->row.state);
    if (page.items.empty() && !page.last) return {};
    return page;
  }

  FakeCoordinator& owner_;
  const std::string job_;
  std::size_t sent_ = 0;
};

SweepStatus FakeCoordinator::status_of(const Sweep& sweep) {
  SweepStatus status;
  status.id = sweep.id;
  status.name = sweep.name;
  status.paused = sweep.paused;
  status.priority = sweep.priority;
  for (const auto& job : sweep.jobs) {
    count(status.counts, job.row.state);
    if (job.row.state == JobState::running)
      status.running.push_back({job.row.id, job.row.name, job.row.worker, job.progress});
  }
  return status;
}

Result<FakeCoordinator::Sweep*> FakeCoordinator::find(const std::string& text) {
  for (auto sweep = sweeps_.rbegin(); sweep != sweeps_.rend(); ++sweep)
    if (sweep->name == text || std::to_string(sweep->id.value) == text) return &*sweep;
  return Error{ErrorCode::not_found, "there is no sweep '" + text + "'"};
}

Result<FakeCoordinator::Job*> FakeCoordinator::find_job(const std::string& text) {
  for (auto& sweep : sweeps_)
    for (auto& job : sweep.jobs)
      if (job.row.id.hex().starts_with(text) || sweep.name + "/" + job.row.name == text) return &job;
  return Error{ErrorCode::not_found, "there is no job '" + text + "'"};
}

void FakeCoordinator::change(std::size_t job, const std::function<void(Job&)>& how) {
  {
    const std::lock_guard lock(mutex_);
    how(sweeps_.back().jobs.at(job));
    ++version_;
  }
  bell_.ring();
}

void FakeCoordinator::start(std::size_t job, const Progress& progress) {
  change(job, [&](Job& entry) {
    entry.row.state = JobState::running;
    entry.row.worker = "w1";
    entry.progress = progress;
    ++entry.row.attempts;
  });
}

void FakeCoordinator::finish(std::size_t job, double top1) {
  change(job, [&](Job& entry) {
    entry.row.state = JobState::completed;
    entry.row.top1 = top1;
    entry.row.seconds = 12;
  });
}

void FakeCoordinator::fail(std::size_t job, const std::string& reason) {
  change(job, [&](Job& entry) {
    entry.row.state = JobState::failed;
    entry.row.reason = reason;
  });
}

void FakeCoordinator::log(std::size_t job, const std::string& text) {
  change(job, [&](Job& entry) { entry.log.push_back(text); });
}

void FakeCoordinator::attach(const WorkerRow& worker) {
  const std::lock_guard lock(mutex_);
  workers_[worker.name] = worker;
}

void FakeCoordinator::start_anew(const std::vector<WorkerRow>& attached) {
  const std::lock_guard lock(mutex_);
  ++boot_epoch_;
  for (auto& [name, worker] : workers_) worker.state = "offline";
  for (const auto& worker : attached) workers_[worker.name] = worker;
}

void FakeCoordinator::end_one(const std::string& worker) {
  const std::lock_guard lock(mutex_);
  auto& row = workers_.at(worker);
  if (--row.busy == 0) row.state = "offline";
}

JobState FakeCoordinator::state(std::size_t job) const {
  const std::lock_guard lock(mutex_);
  return sweeps_.back().jobs.at(job).row.state;
}

FakeCoordinator::Hold::Hold(FakeCoordinator& coordinator) : coordinator_(coordinator) {
  const std::lock_guard lock(coordinator_.mutex_);
  coordinator_.is_held_ = true;
  coordinator_.held_calls_ = 0;
}

FakeCoordinator::Hold::~Hold() {
  const std::lock_guard lock(coordinator_.mutex_);
  coordinator_.is_held_ = false;
  coordinator_.changed_.notify_all();
}

bool FakeCoordinator::Hold::has_new_call(std::chrono::seconds deadline) {
  std::unique_lock lock(coordinator_.mutex_);
  const auto has_come = [this] { return coordinator_.held_calls_ > seen_; };
  if (!coordinator_.changed_.wait_for(lock, deadline, has_come)) return false;
  seen_ = coordinator_.held_calls_;
  return true;
}

void FakeCoordinator::wait_for_release() {
  std::unique_lock lock(mutex_);
  if (!is_held_) return;
  ++held_calls_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !is_held_; });
}

Result<std::vector<SweepStatus>> FakeCoordinator::status(const std::string& sweep) {
  const std::lock_guard lock(mutex_);
  std::vector<SweepStatus> all;
  if (!sweep.empty()) {
    SPIN_ASSIGN(const Sweep* found, find(sweep));
    all.push_back(status_of(*found));
    return all;
  }
  if (refuses_listings_) return Error{ErrorCode::internal, "the listing is broken"};
  for (const auto& entry : sweeps_) all.push_back(status_of(entry));
  return all;
}

Result<std::unique_ptr<StatusFeed>> FakeCoordinator::watch(const std::string& sweep) {
  const std::lock_guard lock(mutex_);
  SPIN_ASSIGN(const Sweep* found, find(sweep));
  return std::unique_ptr<StatusFeed>(std::make_unique<StatusPages>(*this, found->id));
}

Status FakeCoordinator::jobs(const std::string& sweep, const std::function<bool(const JobRow&)>& each) {
  wait_for_release();
  const std::lock_guard lock(mutex_);
  SPIN_ASSIGN(const Sweep* found, find(sweep));
  for (const auto& job : found->jobs)
    if (!each(job.row)) break;
  return {};
}

Result<JobDetail> FakeCoordinator::job(const std::string& job) {
  wait_for_release();
  const std::lock_guard lock(mutex_);
  SPIN_ASSIGN(const Job* found, find_job(job));
  JobDetail detail;
  detail.row = found->row;
  detail.config = "{}";
  return detail;
}

Status FakeCoordinator::logs(const std::string& job, const std::function<bool(const LogLine&)>& each) {
  const std::lock_guard lock(mutex_);
  SPIN_ASSIGN(const Job* found, find_job(job));
  for (std::size_t i = 0; i < found->log.size(); ++i)
    if (!each({static_cast<std::int64_t>(i) + 1, 0, found->log[i]})) break;
  return {};
}

Result<std::unique_ptr<LogFeed>> FakeCoordinator::follow(const std::string& job) {
  const std::lock_guard lock(mutex_);
  SPIN_TRY(find_job(job));
  return std::unique_ptr<LogFeed>(std::make_unique<LogPages>(*this, job));
}

Status FakeCoordinator::results(const std::string& sweep, const std::function<bool(const ResultRow&)>& each) {
  const std::lock_guard lock(mutex_);
  SPIN_ASSIGN(const Sweep* found, find(sweep));
  std::vector<ResultRow> rows;
  for (const auto& cell : found->cells)
    rows.push_back({cell.network,
                    cell.sharing,
                    cell.transform,
                    cell.fusion,
                    cell.settings,
                    cell.cost.params,
                    cell.cost.flops,
                    0,
                    0,
                    0,
                    {},
                    {},
                    {}});
  for (const auto& job : found->jobs) {
    auto& row = rows[job.cell];
    ++row.seeds;
    row.finished += job.row.top1 ? 1 : 0;
    if (job.row.top1) row.top1_mean = job.row.top1;
  }
  for (const auto& row : rows)
    if (!each(row)) break;
  return {};
}

std::int64_t FakeCoordinator::boot_epoch() const {
  const std::lock_guard lock(mutex_);
  return boot_epoch_;
}

Result<std::vector<WorkerRow>> FakeCoordinator::workers() {
  const std::lock_guard lock(mutex_);
  std::vector<WorkerRow> rows;
  for (const auto& [name, worker] : workers_) rows.push_back(worker);
  return rows;
}

void FakeCoordinator::refuse_listings() {
  const std::lock_guard lock(mutex_);
  refuses_listings_ = true;
}

int FakeCoordinator::drains() const {
  const std::lock_guard lock(mutex_);
  return drains_;
}

Result<int> FakeCoordinator::drain(const std::string& worker) {
  const std::lock_guard lock(mutex_);
  const auto found = workers_.find(worker);
  if (found == workers_.end() || found->second.state == "offline")
    return Error{ErrorCode::not_found, "no worker '" + worker + "' is attached"};
  ++drains_;
  if (found->second.busy == 0) {
    found->second.state = "offline";
  } else if (found->second.state != "quarantined") {  // which hides that it drains
    found->second.state = "draining";
  }
  return found->second.busy;
}

ControlServer::ControlServer(grpc::Service& service, const std::string& socket) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  server_ = builder.BuildAndStart();
}

ControlServer::~ControlServer() {
  // Streams that run are cut, as they are when a coordinator dies.
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

}  // namespace spin::cli
