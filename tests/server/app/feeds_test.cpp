#include "server/app/feeds.h"

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "schema/base/version.h"
#include "tests/server/app/fakes.h"

// Who follows a log, while commits take their time.

namespace spin {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr int kJobs = 9;

JobId id_of(std::int64_t job) {
  JobId id;
  id.digest.bytes[0] = static_cast<std::uint8_t>(job);
  return id;
}

/// Keeps the lines of logs.
class LogStore final : public MemoryStore {
 public:
  std::vector<LogLine> lines(core::JobKey job, std::int64_t after, int limit) {
    const std::lock_guard lock(mutex_);
    std::vector<LogLine> found;
    for (const LogLine& line : lines_[job])
      if (line.number > after && found.size() < static_cast<std::size_t>(limit)) found.push_back(line);
    return found;
  }

 protected:
  void apply(const core::Change& change) override {
    const auto* append = std::get_if<core::AppendLog>(&change);
    if (append == nullptr) return;
    const std::lock_guard lock(mutex_);
    auto& lines = lines_[append->job];
    for (const auto& text : append->lines)
      lines.push_back({.number = static_cast<std::int64_t>(lines.size()) + 1, .at_ms = 0, .text = text});
  }

 private:
  std::mutex mutex_;
  std::map<core::JobKey, std::vector<LogLine>> lines_;  ///< behind the mutex
};

class LogReader final : public BrokenReader {
 public:
  explicit LogReader(LogStore& store) : store_(store) {}
  Result<std::vector<Lease>> leases(std::span<const core::SendLease> orders) override {
    std::vector<Lease> leases;
    for (const auto& order : orders)
      leases.push_back({{{order.attempt, id_of(order.job.value), {}, {}, {}, order.inputs}}, order.devices});
    return leases;
  }
  Result<std::vector<LogLine>> log(core::JobKey job, std::int64_t after, int limit) override {
    auto lines = store_.lines(job, after, limit);
    ++reads_;
    return lines;
  }
  void wait_for_reads(int count) const {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (reads_ < count && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    ASSERT_GE(reads_, count);
  }

 private:
  LogStore& store_;
  std::atomic<int> reads_ = 0;
};

/// A sweep whose jobs all run at one worker.
class FeedsTest : public testing::Test {
 protected:
  using Page = std::future<Result<LogFeed::Page>>;

  FeedsTest() {
    on_strand([this] {
      engine_.observe(feeds_);
      WorkerHello hello;
      hello.name = "worker";
      hello.version = std::string(kVersion);
      hello.devices = {{"cpu"}};
      hello.slots = kJobs;
      engine_.attach(hello, link_);
      engine_.receive(link_, {Credits{{kJobs}}});
      core::SweepSubmitted submitted;
      submitted.plan = plan_of(kJobs);
      engine_.request(std::move(submitted), [](const core::Message&) {});
    });
    // What those commits have posted.
    for (int i = 0; i < 5; ++i) on_strand([] {});
  }
  ~FeedsTest() override {
    feeds_.stop();
    strand_.stop();
  }

  template <class Task>
  void on_strand(Task task) {
    ASSERT_TRUE(strand_
                    .ask([&] {
                      task();
                      return true;
                    })
                    .ok());
  }
  void report(std::int64_t job, ReportBody body) {
    engine_.wait_until_delivered();
    on_strand([&] {
      for (const auto& message : link_->sent) {
        const auto* lease = std::get_if<Lease>(&message);
        if (lease == nullptr || lease->jobs.at(0).job != id_of(job)) continue;
        engine_.receive(link_,
                        {SequencedReport{0, {id_of(job), lease->jobs.at(0).attempt, std::move(body)}}});
      }
    });
  }
  std::unique_ptr<LogFeed> follow(std::int64_t job) {
    auto feed = feeds_.follow({job});
    EXPECT_TRUE(feed.ok());
    return std::move(*feed);
  }
  static Page next(LogFeed& feed) {
    const auto promise = std::make_shared<std::promise<Result<LogFeed::Page>>>();
    feed.next([promise](Result<LogFeed::Page> page) { promise->set_value(std::move(page)); });
    return promise->get_future();
  }
  /// The one line of a page, or what came instead.
  static std::string line_of(Page page) {
    if (page.wait_for(kPatience) != std::future_status::ready) return "nothing came";
    const auto got = page.get();
    if (!got.ok()) return got.error().message;
    if (got->last) return "the end";
    return got->items.size() == 1 ? got->items[0].text : std::to_string(got->items.size()) + " lines";
  }

  LogStore store_;
  LogReader reader_{store_};
  Metrics metrics_;
  Strand strand_;
  Engine engine_{{strand_, store_, reader_, metrics_}, core::Restoration({}, 1)};
  Feeds feeds_{{strand_, engine_, reader_, [](SweepStatus*) {}}};
  const std::shared_ptr<RecordedLink> link_ = std::make_shared<RecordedLink>();
};

TEST_F(FeedsTest, ALineThatWasOnItsWayToTheDiskWhenAFollowerCameIsTold) {
  on_strand([this] { store_.hold(); });
  report(1, LogLines{{"one"}});
  const auto feed = follow(1);
  auto page = next(*feed);
  reader_.wait_for_reads(1);
  on_strand([this] { store_.release(); });
  EXPECT_EQ(line_of(std::move(page)), "one");
}

TEST_F(FeedsTest, AnEndThatWaitsForTheDiskHoldsUpNoOtherFollower) {
  report(kJobs, LogLines{{"one"}});
  on_strand([this] { store_.hold(); });
  JobResult diverged;
  diverged.outcome = Outcome::diverged;
  std::vector<std::unique_ptr<LogFeed>> feeds;
  std::vector<Page> pages;
  for (int job = 1; job < kJobs; ++job) {
    report(job, LogLines{{"last words"}});
    report(job, AttemptFinished{diverged, {}});
    feeds.push_back(follow(job));
    pages.push_back(next(*feeds.back()));
  }
  reader_.wait_for_reads(kJobs - 1);
  const auto other = follow(kJobs);
  EXPECT_EQ(line_of(next(*other)), "one");
  for (const auto& page : pages)
    EXPECT_EQ(page.wait_for(std::chrono::seconds(0)), std::future_status::timeout)
        << "told of what may be lost";
  on_strand([this] { store_.release(); });
  for (std::size_t i = 0; i < pages.size(); ++i) {
    EXPECT_EQ(line_of(std::move(pages[i])), "last words");
    EXPECT_EQ(line_of(next(*feeds[i])), "the end");
  }
}

TEST_F(FeedsTest, AFollowerIsWokenByTheLinesAndTheEndOfItsJob) {
  const auto feed = follow(1);
  auto page = next(*feed);
  report(2, LogLines{{"another's"}});
  report(1, LogLines{{"one"}});
  EXPECT_EQ(line_of(std::move(page)), "one");
  page = next(*feed);
  report(1, AttemptFailed{FailureKind::permanent, "broken"});
  EXPECT_EQ(line_of(std::move(page)), "the end");
}

}  // namespace
}  // namespace spin
