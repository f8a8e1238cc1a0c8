#include "server/app/engine.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "schema/base/version.h"
#include "tests/server/app/fakes.h"

// The engine between a store and a reader of which either may fail.

namespace spin {
namespace {

/// Leases of the first jobs cannot be read.
class BrokenRows final : public BrokenReader {
 public:
  explicit BrokenRows(std::int64_t first_readable_job) : first_readable_job_(first_readable_job) {}
  Result<std::vector<Lease>> leases(std::span<const core::SendLease> orders) override {
    if (std::any_of(orders.begin(), orders.end(),
                    [this](const core::SendLease& order) { return order.job.value < first_readable_job_; }))
      return Error{ErrorCode::data_loss, "there is no part 7 of a configuration"};
    return std::vector<Lease>(orders.size());
  }

 private:
  const std::int64_t first_readable_job_;
};

/// What came of a sweep of jobs that workers of one slot were to have.
struct HandedOut {
  std::vector<std::shared_ptr<RecordedLink>> links;
  std::vector<JobState> states;  ///< of job 1, 2, ...
};

HandedOut hand_out(Reader& reader, int workers, int jobs) {
  Strand strand;
  MemoryStore store;
  Metrics metrics;
  Engine engine({strand, store, reader, metrics}, core::Restoration({}, 1));
  HandedOut out;
  for (int i = 0; i < workers; ++i) out.links.push_back(std::make_shared<RecordedLink>());
  strand.post([&] {
    for (int i = 0; i < workers; ++i) {
      WorkerHello hello;
      hello.name = "w" + std::to_string(i);
      hello.version = std::string(kVersion);
      hello.devices = {{"cpu"}};
      const auto& link = out.links[static_cast<std::size_t>(i)];
      engine.attach(hello, link);
      engine.receive(link, {Credits{{1}}});
    }
    core::SweepSubmitted submitted;
    submitted.plan = plan_of(jobs);
    engine.request(std::move(submitted), [](const core::Message&) {});
  });
  // Each question is answered behind what the commits before it have posted; a lease that cannot be read
  // makes two more steps.
  for (int i = 0; i < 3 + 3 * jobs; ++i) {
    EXPECT_TRUE(strand.ask([] { return true; }).ok());
    engine.wait_until_delivered();
  }
  EXPECT_TRUE(strand
                  .ask([&] {
                    for (int i = 1; i <= jobs; ++i)
                      out.states.push_back(*engine.coordinator().job_state(core::JobKey{i}));
                    return true;
                  })
                  .ok());
  strand.stop();
  return out;
}

bool has_lease(const RecordedLink& link) {
  return std::any_of(link.sent.begin(), link.sent.end(),
                     [](const auto& message) { return std::holds_alternative<Lease>(message); });
}

TEST(Engine, AJobThatCannotBeReadFailsAndItsWorkerGoesOnWithTheNext) {
  BrokenRows reader(3);
  const auto out = hand_out(reader, 1, 3);
  EXPECT_TRUE(out.links[0]->closed.empty());
  EXPECT_TRUE(has_lease(*out.links[0]));
  EXPECT_EQ(out.states, (std::vector{JobState::failed, JobState::failed, JobState::running}));
}

TEST(Engine, ALeaseThatCannotBeReadIsNobodyElsesTrouble) {
  BrokenRows reader(2);
  const auto out = hand_out(reader, 3, 3);
  const auto leases =
      std::count_if(out.links.begin(), out.links.end(), [](const auto& link) { return has_lease(*link); });
  EXPECT_EQ(leases, 2);
  for (const auto& link : out.links) EXPECT_TRUE(link->closed.empty());
  EXPECT_EQ(out.states, (std::vector{JobState::failed, JobState::running, JobState::running}));
}

}  // namespace
}  // namespace spin
