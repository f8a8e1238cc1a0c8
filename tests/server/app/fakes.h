#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/app/engine.h"

// What an engine stands between: a store, a reader and links to workers.

namespace spin {

/// Everything is durable at once, or when the test says so.
class MemoryStore : public Store {
 public:
  [[nodiscard]] std::int64_t boot_epoch() const override { return 1; }
  Status load(core::StoredSink&) override { return {}; }
  void watch_disk(DiskFull) override {}
  void commit(std::vector<core::Change> changes, Committed committed) override {
    held_.push_back([this, changes = std::move(changes), committed = std::move(committed)] {
      for (const auto& change : changes) apply(change);
      committed();
    });
    if (!hold_) release();
  }
  void collect_garbage(ArtifactStore&, const GarbagePolicy&, Collected collected) override { collected({}); }
  void close() override {}

  /// From here on commits wait for release(). On the strand.
  void hold() { hold_ = true; }
  void release() {
    for (; !held_.empty(); held_.pop_front()) held_.front()();
  }

 protected:
  virtual void apply(const core::Change&) {}

 private:
  std::deque<std::function<void()>> held_;
  bool hold_ = false;
};

inline Error broken() { return Error{ErrorCode::internal, "disk I/O error"}; }

/// A database of which nothing can be read.
class BrokenReader : public Reader {
 public:
  Result<SweepId> find_sweep(const std::string&) override { return broken(); }
  Result<core::JobKey> find_job(const std::string&) override { return broken(); }
  Result<std::vector<Lease>> leases(std::span<const core::SendLease>) override { return broken(); }
  Result<std::string> job_name(SweepId, core::JobKey) override { return broken(); }
  Result<SweepFile> source(SweepId) override { return broken(); }
  Status jobs(SweepId, const std::function<bool(const JobRow&)>&) override { return broken(); }
  Result<JobDetail> job(core::JobKey) override { return broken(); }
  Status results(SweepId, const std::function<bool(const ResultRow&)>&) override { return broken(); }
  Result<std::vector<LogLine>> log(core::JobKey, std::int64_t, int) override { return broken(); }
  Result<std::vector<DataState>> data_states(const std::string&) override { return broken(); }
  Result<std::vector<TrainedJob>> trained_on_others(const std::string&, const std::string&) override {
    return broken();
  }
  Result<std::vector<WorkerRow>> workers() override { return broken(); }
};

class RecordedLink final : public WorkerLink {
 public:
  void send(std::vector<CoordinatorMessage> messages) override {
    std::move(messages.begin(), messages.end(), std::back_inserter(sent));
  }
  void close(Status status) override { closed.push_back(std::move(status)); }

  std::vector<CoordinatorMessage> sent;  ///< behind Engine::wait_until_delivered(), like `closed`
  std::vector<Status> closed;
};

/// Of job1, job2, ...; the hash of the first begins with 01.
inline std::shared_ptr<const FirstPart> plan_of(int jobs) {
  FirstPart plan;
  plan.name = "study";
  for (int i = 1; i <= jobs; ++i) {
    PartJob job;
    job.id.digest.bytes[0] = static_cast<std::uint8_t>(i);
    job.cell = i - 1;
    plan.cells.emplace_back().network = "job" + std::to_string(i);
    plan.add(job, {});
  }
  return std::make_shared<const FirstPart>(std::move(plan));
}

}  // namespace spin
