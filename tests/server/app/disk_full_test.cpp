#include <functional>
#include <future>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "schema/base/version.h"
#include "server/app/requests.h"
#include "tests/server/app/fakes.h"
#include "tests/support/process.h"

// The engine while its store waits for room on the disk.

namespace spin {
namespace {

constexpr std::chrono::seconds kAnswerLimit{120};

class DiskFull : public testing::Test {
 protected:
  ~DiskFull() override { strand.stop(); }
  void on_strand(const std::function<void()>& task) {
    ASSERT_TRUE(strand
                    .ask([&] {
                      task();
                      return true;
                    })
                    .ok());
  }
  void fill() {
    on_strand([this] { engine.disk_full("database /x/spin.db: no room"); });
  }
  void make_room() {
    on_strand([this] {
      engine.disk_full("");
      store.release();
    });
    on_strand([] {});  // behind what the commits have posted
  }
  std::future<core::Message> submit() {
    core::SweepSubmitted event;
    event.plan = plan_of(2);
    return put(strand, engine, std::move(event), [this](const core::Message& message) {
      is_accepted = is_accepted || std::holds_alternative<core::SubmitAccepted>(message);
    });
  }
  static Error refusal_of(std::future<core::Message> answer) {
    const auto accepted = settle<core::SubmitAccepted>(std::move(answer), kAnswerLimit);
    return accepted.ok() ? Error{} : accepted.error();
  }

  MemoryStore store;
  BrokenReader reader;
  Metrics metrics;
  bool is_accepted = false;  ///< on the strand
  Strand strand;
  Engine engine{{strand, store, reader, metrics}, core::Restoration({.lease_ms = 50}, 1)};
};

TEST_F(DiskFull, WhoAskedJustBeforeHearsWhyAndIsServedWhenThereIsRoom) {
  on_strand([this] { store.hold(); });
  auto asked = submit();
  fill();
  const Error refused = refusal_of(std::move(asked));
  EXPECT_EQ(refused.code, ErrorCode::resource_exhausted);
  EXPECT_EQ(refused.message,
            "what was asked for is not stored yet, and will be when there is room: database /x/spin.db: no "
            "room");
  on_strand([this] { EXPECT_FALSE(is_accepted); });
  make_room();
  on_strand([this] {
    EXPECT_TRUE(is_accepted);
    EXPECT_EQ(engine.coordinator().sweeps().size(), 1U);
  });
}

TEST_F(DiskFull, WhoAsksThenIsRefusedAndNothingComesOfIt) {
  fill();
  const Error refused = refusal_of(submit());
  EXPECT_EQ(refused.message, "nothing is changed: database /x/spin.db: no room");
  const auto link = std::make_shared<RecordedLink>();
  WorkerHello hello;
  hello.name = "w";
  hello.version = std::string(kVersion);
  hello.devices = {{"cpu"}};
  on_strand([&] { engine.attach(hello, link); });
  ASSERT_EQ(link->closed.size(), 1U);
  EXPECT_EQ(link->closed[0].error().code, ErrorCode::unavailable) << "it comes again";
  make_room();
  on_strand([this] { EXPECT_TRUE(engine.coordinator().sweeps().empty()); });
  EXPECT_EQ(refusal_of(submit()).message, "");
}

TEST_F(DiskFull, AnswersDoNotWaitForRoomAndWhatRestsOnTheDiskDoes) {
  on_strand([this] { store.hold(); });
  const auto asked = submit();
  int answers = 0, tasks = 0;
  on_strand([&] {
    engine.answer_after_commits([&] { ++answers; });
    engine.after_commits([&] { ++tasks; });
    EXPECT_EQ(answers, 0);
  });
  fill();
  on_strand([&] {
    EXPECT_EQ(answers, 1);
    engine.answer_after_commits([&] { ++answers; });
    EXPECT_EQ(answers, 2);
    EXPECT_EQ(tasks, 0);
  });
  make_room();
  on_strand([&] {
    EXPECT_EQ(answers, 2);
    EXPECT_EQ(tasks, 1);
  });
}

TEST_F(DiskFull, AnEngineThatStopsLetsEverybodyGoWhoWaits) {
  on_strand([this] { store.hold(); });
  const auto asked = submit();
  fill();
  core::SweepExtended part;
  part.sweep = SweepId{1};
  part.part = plan_of(2);
  auto waits = put(strand, engine, part);
  on_strand([this] { engine.stop(); });
  EXPECT_EQ(refusal_of(std::move(waits)).code, ErrorCode::unavailable);
  EXPECT_EQ(refusal_of(put(strand, engine, part)).code, ErrorCode::unavailable);
}

TEST_F(DiskFull, NoLeaseEndsBeforeThereIsRoomAndTheWorkerIsHeardAgain) {
  on_strand([this] { store.hold(); });
  const auto asked = submit();
  const auto link = std::make_shared<RecordedLink>();
  WorkerHello hello;
  hello.name = "w";
  hello.version = std::string(kVersion);
  hello.devices = {{"cpu"}};
  on_strand([&] {
    engine.attach(hello, link);
    engine.receive(link, {Credits{{1}}});
    EXPECT_EQ(engine.coordinator().job_state(core::JobKey{1}), JobState::running);
    engine.disk_full("database /x/spin.db: no room");
    engine.hold_leases(engine.disk_full());
    engine.detached(link);
  });
  // A timer of the same strand that comes long after the lease would have ended.
  boost::asio::steady_timer later(strand.context(), std::chrono::milliseconds(500));
  std::promise<void> past;
  later.async_wait([&](const boost::system::error_code&) { past.set_value(); });
  past.get_future().wait();
  on_strand([this] { EXPECT_EQ(engine.coordinator().counters().lost_attempts, 0); });
  on_strand([&] {
    engine.disk_full("");
    engine.hold_leases("");
    EXPECT_EQ(engine.coordinator().job_state(core::JobKey{1}), JobState::running);
    EXPECT_EQ(engine.coordinator().counters().lost_attempts, 0);
  });
  EXPECT_TRUE(eventually(kAnswerLimit, [&] {
    return *strand.ask([&] { return engine.coordinator().counters().lost_attempts == 1; });
  })) << "the timer goes on, and who stays away is lost as ever";
}

}  // namespace
}  // namespace spin
