#include "server/app/engine.h"

#include <future>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "schema/base/version.h"

// The engine between a store and a reader of which either may fail.

namespace spin {
namespace {

/// Everything is durable at once.
class MemoryStore final : public Store {
 public:
  Result<core::StoredState> load() override { return core::StoredState{}; }
  void commit(std::vector<core::Change>, Committed committed) override { committed(); }
  void collect_garbage(ArtifactStore&, const GarbagePolicy&, Collected collected) override { collected({}); }
  void close() override {}
};

Error broken() { return Error{ErrorCode::internal, "disk I/O error"}; }

/// A database that cannot be read.
class BrokenReader final : public Reader {
 public:
  Result<SweepId> find_sweep(const std::string&) override { return broken(); }
  Result<core::JobKey> find_job(const std::string&) override { return broken(); }
  Result<std::vector<Lease>> leases(std::span<const core::JobKey>) override { return broken(); }
  Status jobs(SweepId, const std::function<bool(const JobRow&)>&) override { return broken(); }
  Result<JobDetail> job(core::JobKey) override { return broken(); }
  Result<std::vector<ResultRow>> results(SweepId) override { return broken(); }
  Result<std::vector<LogLine>> log(core::JobKey, std::int64_t, int) override { return broken(); }
  Result<std::vector<WorkerRow>> workers() override { return broken(); }
};

class RecordedLink final : public WorkerLink {
 public:
  void send(std::vector<CoordinatorMessage> messages) override {
    std::move(messages.begin(), messages.end(), std::back_inserter(sent));
  }
  void close(Status status) override { closed.push_back(std::move(status)); }

  std::vector<CoordinatorMessage> sent;  ///< on the strand, like `closed`
  std::vector<Status> closed;
};

std::shared_ptr<const SweepPlan> plan_of_one_job() {
  SweepPlan plan;
  plan.name = "study";
  plan.cells.emplace_back();
  plan.jobs.emplace_back();
  plan.jobs[0].id.digest.bytes[0] = 1;
  plan.jobs[0].name = "job";
  return std::make_shared<const SweepPlan>(std::move(plan));
}

TEST(Engine, AWorkerWhoseLeaseCannotBeReadIsAskedToComeBack) {
  Strand strand;
  MemoryStore store;
  BrokenReader reader;
  Metrics metrics;
  Versions versions;
  core::StoredState stored;
  stored.boot_epoch = 1;
  Engine engine({strand, store, reader, metrics, versions}, {}, std::move(stored));
  const auto link = std::make_shared<RecordedLink>();
  WorkerHello hello;
  hello.name = "w";
  hello.version = std::string(kVersion);
  strand.post([&] {
    engine.attach(hello, link);
    engine.receive(link, {Credits{1}});
    core::SweepSubmitted submitted;
    submitted.plan = plan_of_one_job();
    engine.request(std::move(submitted), [](const core::Message&) {});
  });
  const auto closed = [&] { return link->closed.size(); };
  // Each question is answered behind what the commits before it have posted.
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(strand.ask(closed).ok());
  strand.stop();
  ASSERT_EQ(link->closed.size(), 1U) << "or it would wait for a lease that never comes";
  ASSERT_FALSE(link->closed[0].ok());
  EXPECT_EQ(link->closed[0].error().code, ErrorCode::unavailable);
  EXPECT_NE(link->closed[0].error().message.find("disk I/O error"), std::string::npos);
}

}  // namespace
}  // namespace spin
