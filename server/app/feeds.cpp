#include "server/app/feeds.h"

#include <utility>

namespace spin {
namespace {

/// Of each lane.
constexpr std::size_t kThreads = 2;
constexpr int kFollowedPageLines = 1000;

}  // namespace

bool is_final(JobState state) {
  return state == JobState::completed || state == JobState::diverged || state == JobState::failed ||
         state == JobState::cancelled || state == JobState::blocked;
}

Feeds::Feeds(Parts parts)
    : parts_(std::move(parts)),
      sweeps_(parts_.strand, parts_.engine,
              [this](std::optional<SweepStatus> status, std::vector<FollowedSweeps::Ready> readers) {
                publish(std::move(status), std::move(readers));
              }),
      status_lane_(kThreads),
      log_lane_(kThreads) {}

/// Who is told that a job is done finds its result in the store.
void Feeds::publish(std::optional<SweepStatus> status, std::vector<FollowedSweeps::Ready> readers) {
  parts_.engine.answer_after_commits(
      [this, status = std::move(status), readers = std::move(readers)]() mutable {
        const auto work = [this, status = std::move(status), readers = std::move(readers)] {
          FollowedSweeps::Status shared;
          if (status) {
            auto completed = std::make_shared<SweepStatus>(*status);
            parts_.complete(completed.get());
            shared = std::move(completed);
          }
          for (const auto& ready : readers) ready(shared);
        };
        if (!status_lane_.post(work).ok()) work();
      });
}

class Feeds::Watching final : public StatusFeed {
 public:
  Watching(Feeds& feeds, SweepId sweep)
      : feeds_(feeds), watcher_(std::make_shared<FollowedSweeps::Watcher>()) {
    watcher_->sweep = sweep;
    feeds_.parts_.strand.post([&feeds = feeds_, watcher = watcher_] { feeds.sweeps_.add(watcher); });
  }
  ~Watching() override {
    feeds_.parts_.strand.post([&feeds = feeds_, watcher = watcher_] { feeds.sweeps_.remove(watcher); });
  }

  void next(Ready ready) override {
    feeds_.parts_.strand.post([&feeds = feeds_, watcher = watcher_, ready = std::move(ready)]() mutable {
      feeds.sweeps_.next(watcher, [ready = std::move(ready)](const FollowedSweeps::Status& status) {
        if (status == nullptr) return ready(Error{ErrorCode::not_found, "the sweep was deleted"});
        ready(Page{.items = {*status}, .last = status->counts.live() == 0 && status->jobs_to_come == 0});
      });
    });
  }

 private:
  Feeds& feeds_;
  const std::shared_ptr<FollowedSweeps::Watcher> watcher_;
};

class Feeds::Following final : public LogFeed {
 public:
  Following(Feeds& feeds, std::shared_ptr<FollowedLogs::Follower> follower)
      : feeds_(feeds), at_(std::make_shared<At>()) {
    at_->follower = std::move(follower);
  }
  ~Following() override {
    feeds_.parts_.strand.post([&feeds = feeds_, follower = at_->follower] { feeds.logs_.remove(follower); });
  }

  void next(Ready ready) override { read_on(feeds_, at_, std::move(ready), false); }

 private:
  /// How far it has come; shared with a read that goes on when the feed is gone already.
  struct At {
    std::shared_ptr<FollowedLogs::Follower> follower;
    std::int64_t line = 0;
  };
  /// `is_whole`: all that the job left is in the store.
  static void read_on(Feeds& feeds, std::shared_ptr<At> at, Ready ready, bool is_whole) {
    auto shared = std::make_shared<Ready>(std::move(ready));
    const Status posted = feeds.log_lane_.post(
        [&feeds, at = std::move(at), shared, is_whole] { read(feeds, at, *shared, is_whole); });
    if (!posted.ok()) (*shared)(posted.error());
  }
  /// On the lane.
  static void read(Feeds& feeds, const std::shared_ptr<At>& at, const Ready& ready, bool is_whole) {
    const std::uint64_t known = at->follower->changes;
    auto lines = feeds.parts_.reader.log(at->follower->job, at->line, kFollowedPageLines);
    if (!lines.ok()) return ready(lines.error());
    if (!lines->empty()) at->line = lines->back().number;
    const bool none = lines->empty();
    if (!none || is_whole) return ready(Page{.items = *std::move(lines), .last = none});
    feeds.parts_.strand.post([&feeds, at, known, ready] { wait(feeds, at, known, ready); });
  }
  /// On the strand, for more than was there when the changes were `known`, or for the end.
  static void wait(Feeds& feeds, const std::shared_ptr<At>& at, std::uint64_t known, const Ready& ready) {
    const auto state = feeds.parts_.engine.coordinator().job_state(at->follower->job);
    if (!state || is_final(*state))
      return feeds.parts_.engine.after_commits([&feeds, at, ready] { read_on(feeds, at, ready, true); });
    feeds.logs_.when_changed(*at->follower, known, [&feeds, at, ready] { read_on(feeds, at, ready, false); });
  }

  Feeds& feeds_;
  const std::shared_ptr<At> at_;
};

std::unique_ptr<StatusFeed> Feeds::watch(SweepId sweep) { return std::make_unique<Watching>(*this, sweep); }

Result<std::unique_ptr<LogFeed>> Feeds::follow(core::JobKey job) {
  SPIN_ASSIGN(auto follower, parts_.strand.ask([this, job] {
    auto added = logs_.add(job);
    // What was on its way to the disk before it came is told to nobody else.
    parts_.engine.after_commits([added] { FollowedLogs::changed(*added); });
    return added;
  }));
  return std::unique_ptr<LogFeed>(std::make_unique<Following>(*this, std::move(follower)));
}

void Feeds::stop() {
  status_lane_.stop();
  log_lane_.stop();
  parts_.strand.post([this] {
    sweeps_.stop();
    logs_.stop();
  });
}

}  // namespace spin
