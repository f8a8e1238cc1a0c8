#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "server/store/change_writer.h"
#include "server/store/loader.h"
#include "server/store/open.h"
#include "server/store/store.h"

namespace spin {
namespace {

/// Pages of the write-ahead log (4 KiB each) after which the writer copies it into the database: 8 MiB.
constexpr int kCheckpointPages = 2048;

std::int64_t wall_clock_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

struct Batch {
  std::vector<core::Change> changes;
  Store::Committed committed;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(OpenDatabase database, Fatal fatal)
      : fatal_(std::move(fatal)),
        boot_epoch_(database.boot_epoch),
        lock_(std::move(database.lock)),
        database_(std::move(database.connection)) {}
  ~SqliteStore() override { close(); }

  Status start() {
    SPIN_ASSIGN(auto writer, ChangeWriter::make(*database_));
    writer_.emplace(std::move(writer));
    database_->watch_log(&log_pages_);
    thread_ = std::thread([this] { write_until_closed(); });
    return {};
  }

  Result<core::StoredState> load() override {
    SPIN_ASSIGN(auto state, load_state(*database_));
    state.boot_epoch = boot_epoch_;
    return state;
  }

  void commit(std::vector<core::Change> changes, Committed committed) override {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back({std::move(changes), std::move(committed)});
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
    // What cannot be copied now stays in the log, where the next start finds it.
    if (!failed_) [[maybe_unused]]
      const auto status = database_->checkpoint();
    writer_.reset();
    database_.reset();
    lock_.reset();
  }

 private:
  void write_until_closed() {
    for (;;) {
      auto batches = take();
      if (batches.empty()) return;
      if (const auto status = write(batches); !status.ok()) return fail(status.error());
      for (auto& batch : batches) batch.changes.clear();  // a plan may be large
      for (const auto& batch : batches) {
        if (batch.committed) batch.committed();
      }
      if (const auto status = checkpoint_at_mark(); !status.ok()) return fail(status.error());
    }
  }

  void fail(const Error& error) {
    failed_ = true;
    fatal_(error);
  }

  /// All that waits; empty when the store is to close and nothing is left.
  std::vector<Batch> take() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    return std::exchange(queue_, {});
  }

  Status write(const std::vector<Batch>& batches) {
    SPIN_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::write));
    const auto now_ms = wall_clock_ms();
    for (const auto& batch : batches) {
      for (const auto& change : batch.changes) SPIN_TRY(writer_->apply(change, now_ms));
    }
    return transaction.commit();
  }

  /// A log that a reader keeps from being reused is tried again only after it has grown by as much once more.
  Status checkpoint_at_mark() {
    if (log_pages_ < next_checkpoint_ - kCheckpointPages) next_checkpoint_ = kCheckpointPages;
    if (log_pages_ < next_checkpoint_) return {};
    next_checkpoint_ = log_pages_ + kCheckpointPages;
    return database_->checkpoint();
  }

  const Fatal fatal_;
  const std::int64_t boot_epoch_;
  FileDescriptor lock_;  ///< outlives the connection

  // On the writer's thread while it runs; before and after it, on the caller's.
  std::optional<Database> database_;
  std::optional<ChangeWriter> writer_;
  int log_pages_ = 0;
  int next_checkpoint_ = kCheckpointPages;
  bool failed_ = false;  ///< nothing is written any more

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Batch> queue_;  ///< behind mutex_
  bool closing_ = false;      ///< behind mutex_

  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& path, Fatal fatal) {
  SPIN_ASSIGN(auto database, open_database(path));
  auto store = std::make_unique<SqliteStore>(std::move(database), std::move(fatal));
  SPIN_TRY(store->start());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace spin
