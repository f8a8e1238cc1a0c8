#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"
#include "tests/support/file_size_limit.h"

// A store on a full disk, which is a limit of the size of its files: it waits, and goes on when there is
// room.

namespace spin {
namespace {

namespace fs = std::filesystem;

class FullDiskTest : public StoreTest {
 protected:
  FullDiskTest() {
    commit(*store_, {insert_all(SweepId{1}, make_plan("s", 1, 2), 1)});
    store_->watch_disk([this](const std::string& reason) {
      const std::lock_guard lock(mutex_);
      told_.push_back(reason);
      changed_.notify_all();
    });
  }
  /// Waits until the store has told something so often.
  std::string told(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return told_.size() >= count; });
    return told_[count - 1];
  }
  std::size_t times_told() {
    const std::lock_guard lock(mutex_);
    return told_.size();
  }
  /// A limit that the log has reached already, and the database has not.
  [[nodiscard]] rlim_t size_of_log() const { return fs::file_size(path().string() + "-wal"); }

  static core::Change lines(std::int64_t job, std::size_t bytes) {
    return core::AppendLog{{job}, {std::string(bytes, 'x')}};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> told_;  ///< behind mutex_
};

TEST_F(FullDiskTest, CommitsWaitInTheirOrderAndReadersGoOn) {
  const auto plan = make_plan("later", 2, 2, "later");
  std::promise<void> done;
  std::atomic<int> acknowledged = 0;
  {
    const auto reader = value_of(Reader::open(path()));
    // As a query that runs on: nothing of the log can be written anew meanwhile.
    auto query = value_of(Database::open(path(), Database::Mode::read_only));
    const auto transaction = value_of(Transaction::begin(query, Transaction::Kind::read));
    EXPECT_EQ(value_of(query.integer("SELECT count(*) FROM job")), 2);
    const FileSizeLimit limit(size_of_log());
    store_->commit({insert_all(SweepId{2}, plan, 3), lines(1, 100'000)}, [&] { ++acknowledged; });
    const std::string reason = told(1);
    EXPECT_NE(reason.find((folder_ / "spin.db").string()), std::string::npos) << reason;
    EXPECT_NE(reason.find("bytes are free on its disk"), std::string::npos) << reason;
    store_->commit({set_state(3, JobState::running), core::InsertResult{{1}, {1, 1}, {}}},
                   [&] { done.set_value(); });
    EXPECT_FALSE(value_of(reader->job({1})).result.has_value());
    EXPECT_EQ(acknowledged, 0);
  }
  EXPECT_EQ(told(2), "");
  done.get_future().wait();
  EXPECT_EQ(acknowledged, 1);
  const auto state = reopen();
  ASSERT_EQ(state.jobs.size(), 6U);
  EXPECT_EQ(state.jobs[2].state, JobState::running);
  const auto reader = value_of(Reader::open(path()));
  EXPECT_TRUE(value_of(reader->job({1})).result.has_value());
  EXPECT_EQ(value_of(reader->job({4})).config, value_of(reader->job({2})).config)
      << "what was stored of configurations, or was not, is not mistaken";
  EXPECT_EQ(value_of(reader->find_job("later/" + plan->name_of(plan->jobs[3]))), core::JobKey{6});
  EXPECT_EQ(rows_of(path(), "PRAGMA integrity_check"), std::vector<std::string>{"ok"});
  EXPECT_EQ(rows_of(path(), "PRAGMA foreign_key_check"), std::vector<std::string>());
}

TEST_F(FullDiskTest, ALogThatHasBeenCopiedMakesRoomByItself) {
  for (int i = 0; i < 20; ++i) commit(*store_, {lines(1, 10'000)});
  ASSERT_GT(size_of_log(), fs::file_size(path()));
  const FileSizeLimit limit(size_of_log());
  for (int i = 0; i < 40; ++i) commit(*store_, {set_state(1, JobState::failed, std::to_string(i))});
  EXPECT_EQ(times_told(), 0U);
}

TEST_F(FullDiskTest, AStoreThatClosesKeepsWhatWasAcknowledged) {
  std::atomic<int> acknowledged = 0;
  {
    auto query = value_of(Database::open(path(), Database::Mode::read_only));
    query.never_checkpoint();
    const auto transaction = value_of(Transaction::begin(query, Transaction::Kind::read));
    EXPECT_EQ(value_of(query.integer("SELECT count(*) FROM job")), 2);
    const FileSizeLimit limit(size_of_log());
    store_->commit({lines(1, 100'000), set_state(1, JobState::completed)}, [&] { ++acknowledged; });
    EXPECT_NE(told(1), "");
    store_->close();
  }
  EXPECT_EQ(acknowledged, 0);
  const auto state = reopen();
  ASSERT_EQ(state.jobs.size(), 2U);
  EXPECT_EQ(state.jobs[0].state, JobState::ready);
}

TEST_F(FullDiskTest, AStartSaysWhyItCannotBe) {
  store_.reset();
  {
    const FileSizeLimit limit(4096);
    const auto refused = Store::open(path(), [](const Error&) {});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted) << refused.error().message;
    EXPECT_NE(refused.error().message.find("bytes are free on its disk"), std::string::npos)
        << refused.error().message;
  }
  EXPECT_EQ(reopen().jobs.size(), 2U);
}

}  // namespace
}  // namespace spin
