#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "schema/base/clock.h"
#include "server/store/change_writer.h"
#include "server/store/loader.h"
#include "server/store/open.h"
#include "server/store/store.h"

namespace spin {
namespace {

struct Batch {
  std::vector<core::Change> changes;
  Store::Committed committed;
};

/// Between two tries to write to a disk that is full.
constexpr std::chrono::seconds kFullDiskPause{1};

bool is_full(const Status& status) {
  return !status.ok() && status.error().code == ErrorCode::resource_exhausted;
}

struct Collection {
  ArtifactStore* artifacts;
  GarbagePolicy policy;
  std::vector<Store::Collected> collected;  ///< of all who asked for it
};

class SqliteStore final : public Store {
 public:
  SqliteStore(OpenDatabase database, Fatal fatal, int checkpoint_pages)
      : fatal_(std::move(fatal)),
        checkpoint_pages_(checkpoint_pages),
        boot_epoch_(database.boot_epoch),
        lock_(std::move(database.lock)),
        readers_lock_(std::move(database.readers_lock)),
        database_(std::move(database.connection)) {}
  ~SqliteStore() override { close(); }

  Status start() {
    SPIN_ASSIGN(auto writer, ChangeWriter::make(*database_));
    writer_.emplace(std::move(writer));
    database_->watch_log(&log_pages_);
    thread_ = std::thread([this] { write_until_closed(); });
    return {};
  }

  [[nodiscard]] std::int64_t boot_epoch() const override { return boot_epoch_; }

  /// The file is checked meanwhile, which takes about as long.
  Status load(core::StoredSink& sink) override {
    const std::shared_future<Status> check = std::async([path = database_->path()]() -> Status {
      SPIN_ASSIGN(auto database, Database::open(path, Database::Mode::read_only));
      return quick_check(database);
    });
    const Status loaded = load_state(*database_, sink, [&check] { return check.get(); });
    const Status& sound = check.get();
    if (sound.ok()) return loaded;
    const std::lock_guard lock(mutex_);
    failed_ = true;  // it stays as it is
    return sound;
  }

  void commit(std::vector<core::Change> changes, Committed committed) override {
    {
      const std::lock_guard lock(mutex_);
      if (failed_) return;
      queue_.push_back({std::move(changes), std::move(committed)});
    }
    wake_.notify_one();
  }

  void watch_disk(DiskFull changed) override { disk_full_ = std::move(changed); }

  void collect_garbage(ArtifactStore& artifacts, const GarbagePolicy& policy, Collected collected) override {
    {
      const std::lock_guard lock(mutex_);
      auto asked_before = std::ranges::find_if(collections_, [&](const Collection& collection) {
        return collection.artifacts == &artifacts && collection.policy == policy;
      });
      if (asked_before == collections_.end()) {
        asked_before = collections_.insert(collections_.end(), Collection{&artifacts, policy, {}});
      }
      asked_before->collected.push_back(std::move(collected));
    }
    wake_.notify_one();
  }

  void close() override {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
    if (!database_.has_value()) return;
    if (failed_) {
      database_->never_checkpoint();
    } else {
      // What cannot be copied now stays in the log, where the next start finds it.
      [[maybe_unused]] const auto status = database_->checkpoint();
    }
    writer_.reset();
    collector_.reset();
    database_.reset();
    readers_lock_.reset();
    lock_.reset();
  }

 private:
  void write_until_closed() {
    for (;;) {
      auto work = take();
      if (work.end) return abandon_garbage();
      if (const Status status = write(work.batches); !status.ok()) return fail(status.error());
      for (auto& batch : work.batches) batch.changes.clear();  // a plan may be large
      for (const auto& batch : work.batches) {
        if (batch.committed) batch.committed();
      }
      if (const Status status = collect_some(); !status.ok()) return fail(status.error());
      if (const Status status = checkpoint_at_mark(); !status.ok()) return fail(status.error());
    }
  }

  /// What waits is dropped, and what comes.
  void fail(const Error& error) {
    // A disk that is full ends the writing of a store that closes, and nothing else.
    if (error.code != ErrorCode::resource_exhausted) fatal_(error);
    std::vector<Batch> dropped;
    const std::lock_guard lock(mutex_);
    failed_ = true;
    dropped.swap(queue_);
  }

  struct Work {
    std::vector<Batch> batches;
    bool end = false;  ///< the store is to close and nothing is left
  };

  /// All that waits, or nothing where a collection of garbage can go on.
  Work take() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return closing_ || !queue_.empty() || !collections_.empty(); });
    Work work{std::exchange(queue_, {}), false};
    work.end = closing_ && work.batches.empty();
    return work;
  }

  /// A step of the collection that waits longest; one that finds the disk full ends.
  Status collect_some() {
    std::unique_lock lock(mutex_);
    if (collections_.empty() || closing_) return {};
    const auto& collection = collections_.front();  // stays where it is; others add to `collected` alone
    lock.unlock();
    const auto more = collect_from(collection);
    if (!more.ok() && !is_full(more.error())) return more.error();
    if (!more.ok() || !*more) end_collection();
    return {};
  }

  Result<bool> collect_from(const Collection& collection) {
    if (!collector_.has_value()) {
      SPIN_ASSIGN(collector_, GarbageCollector::make(*database_, *collection.artifacts, collection.policy,
                                                     wall_clock_ms()));
    }
    return collector_->step();
  }

  void end_collection() {
    std::unique_lock lock(mutex_);
    const auto everybody = std::move(collections_.front().collected);
    collections_.pop_front();
    lock.unlock();
    const auto report = collector_.has_value() ? collector_->report() : GarbageReport();
    collector_.reset();
    for (const auto& collected : everybody) {
      if (collected) collected(report);
    }
  }

  /// The callbacks learn that it was not complete. Nobody queues any more.
  void abandon_garbage() {
    while (!collections_.empty()) end_collection();
  }

  /// In one transaction; resource_exhausted where the store closes before the disk has room.
  Status write(const std::vector<Batch>& batches) {
    for (;;) {
      const Status written = write_where_there_is_room(batches);
      tell_of_disk(is_full(written) ? written.error().message : "");
      if (!is_full(written) || !pause()) return written;
    }
  }

  /// There is room in the place of a log that has been copied.
  Status write_where_there_is_room(const std::vector<Batch>& batches) {
    const Status written = write_transaction(batches);
    if (!is_full(written)) return written;
    SPIN_TRY(writer_->forget_undone());
    SPIN_TRY(copy_log());
    const Status again = write_transaction(batches);
    if (is_full(again)) SPIN_TRY(writer_->forget_undone());
    return again;
  }

  void tell_of_disk(const std::string& reason) {
    if (reason.empty() == told_of_disk_.empty()) return;
    told_of_disk_ = reason;
    if (disk_full_) disk_full_(reason);
  }

  /// False where the store is to close.
  bool pause() {
    std::unique_lock lock(mutex_);
    return !wake_.wait_for(lock, kFullDiskPause, [this] { return closing_; });
  }

  Status write_transaction(const std::vector<Batch>& batches) {
    SPIN_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::write));
    const auto now_ms = wall_clock_ms();
    for (const auto& batch : batches)
      for (const auto& change : batch.changes) SPIN_TRY(writer_->apply(change, now_ms));
    SPIN_TRY(writer_->finish(now_ms));
    return transaction.commit();
  }

  /// A log that a reader keeps from being reused is tried again only after it has grown by as much once more.
  Status checkpoint_at_mark() {
    if (log_pages_ < next_checkpoint_ - checkpoint_pages_) next_checkpoint_ = checkpoint_pages_;
    if (log_pages_ < next_checkpoint_) return {};
    next_checkpoint_ = log_pages_ + checkpoint_pages_;
    return copy_log();
  }

  /// Into the database, as far as its disk has room.
  Status copy_log() {
    const Status copied = database_->checkpoint();
    return is_full(copied) ? Status() : copied;
  }

  const Fatal fatal_;
  const int checkpoint_pages_;
  const std::int64_t boot_epoch_;
  FileDescriptor lock_, readers_lock_;  ///< outlive the connection

  // On the writer's thread while it runs; before and after it, on the caller's.
  std::optional<Database> database_;
  std::optional<ChangeWriter> writer_;
  int log_pages_ = 0;
  int next_checkpoint_ = checkpoint_pages_;    ///< pages
  std::optional<GarbageCollector> collector_;  ///< of collections_.front()
  std::string told_of_disk_;                   ///< why commits wait

  DiskFull disk_full_;  ///< constant after the first commit

  std::mutex mutex_;
  std::condition_variable wake_;
  // Behind mutex_.
  std::vector<Batch> queue_;
  std::deque<Collection> collections_;
  bool closing_ = false;
  bool failed_ = false;  ///< nothing is written any more

  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& path, Fatal fatal,
                                           int checkpoint_pages) {
  SPIN_ASSIGN(auto database, open_database(path));
  auto store = std::make_unique<SqliteStore>(std::move(database), std::move(fatal), checkpoint_pages);
  SPIN_TRY(store->start());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace spin
