#include "server/app/feeds.h"

#include <utility>

namespace spin {
namespace {

constexpr std::size_t kFeedThreads = 4;
constexpr int kFollowedPageLines = 1000;

}  // namespace

Feeds::Feeds(Parts parts)
    : parts_(std::move(parts)),
      sweeps_(parts_.strand, parts_.engine,
              [this](std::optional<SweepStatus> status, std::vector<FollowedSweeps::Ready> readers) {
                publish(std::move(status), std::move(readers));
              }),
      lane_(kFeedThreads) {}

/// Who is told that a job is done finds its result in the store.
void Feeds::publish(std::optional<SweepStatus> status, std::vector<FollowedSweeps::Ready> readers) {
  parts_.engine.after_commits([this, status = std::move(status), readers = std::move(readers)]() mutable {
    const auto work = [this, status = std::move(status), readers = std::move(readers)] {
      FollowedSweeps::Status shared;
      if (status) {
        auto completed = std::make_shared<SweepStatus>(*status);
        parts_.complete(completed.get());
        shared = std::move(completed);
      }
      for (const auto& ready : readers) ready(shared);
    };
    if (!lane_.post(work).ok()) work();
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
  Following(Feeds& feeds, std::shared_ptr<FollowedLogs::Job> job)
      : feeds_(feeds), at_(std::make_shared<At>()) {
    at_->job = std::move(job);
  }
  ~Following() override {
    feeds_.parts_.strand.post([&feeds = feeds_, job = at_->job] { feeds.logs_.remove(job); });
  }

  void next(Ready ready) override { read_on(feeds_, at_, std::move(ready)); }

 private:
  /// How far it has come; shared with a read that goes on when the feed is gone already.
  struct At {
    std::shared_ptr<FollowedLogs::Job> job;
    std::int64_t line = 0;
  };
  static void read_on(Feeds& feeds, std::shared_ptr<At> at, Ready ready) {
    auto shared = std::make_shared<Ready>(std::move(ready));
    const Status posted =
        feeds.lane_.post([&feeds, at = std::move(at), shared] { read(feeds, at, *shared); });
    if (!posted.ok()) (*shared)(posted.error());
  }
  /// On the lane.
  static void read(Feeds& feeds, const std::shared_ptr<At>& at, const Ready& ready) {
    const std::uint64_t known = at->job->changes;
    auto page = page_of(feeds, *at);
    if (!page.ok() || page->last || !page->items.empty()) return ready(std::move(page));
    feeds.parts_.strand.post([&feeds, at, known, ready] {
      feeds.logs_.when_changed(*at->job, known, [&feeds, at, ready] { read_on(feeds, at, ready); });
    });
  }
  static Result<Page> page_of(Feeds& feeds, At& at) {
    Page page;
    SPIN_ASSIGN(page.items, feeds.parts_.reader.log(at.job->key, at.line, kFollowedPageLines));
    if (page.items.empty()) {
      SPIN_ASSIGN(page.last, feeds.parts_.has_ended(at.job->key));
      // Lines that came between the two.
      if (page.last) {
        SPIN_ASSIGN(page.items, feeds.parts_.reader.log(at.job->key, at.line, kFollowedPageLines));
        page.last = page.items.size() < static_cast<std::size_t>(kFollowedPageLines);
      }
    }
    if (!page.items.empty()) at.line = page.items.back().number;
    return page;
  }

  Feeds& feeds_;
  const std::shared_ptr<At> at_;
};

std::unique_ptr<StatusFeed> Feeds::watch(SweepId sweep) { return std::make_unique<Watching>(*this, sweep); }

Result<std::unique_ptr<LogFeed>> Feeds::follow(core::JobKey job) {
  SPIN_ASSIGN(auto followed, parts_.strand.ask([this, job] { return logs_.add(job); }));
  return std::unique_ptr<LogFeed>(std::make_unique<Following>(*this, std::move(followed)));
}

void Feeds::stop() {
  lane_.stop();
  parts_.strand.post([this] {
    sweeps_.stop();
    logs_.stop();
  });
}

}  // namespace spin
