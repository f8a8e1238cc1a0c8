#include "worker/trainer/data/batch_loader.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <map>
#include <mutex>
#include <new>
#include <system_error>
#include <utility>

namespace spin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kLeftOut = -1;
constexpr std::chrono::milliseconds kStopInterval{100};  // in which who waits asks whether to stop
constexpr std::chrono::seconds kEndPatience{3};          // for threads that are to end

Error from_exception() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return {
        ErrorCode::resource_exhausted,
        "out of memory while images were decoded; fewer --threads, or a worker with more memory, would do"};
  } catch (const std::exception& error) {
    return {ErrorCode::internal, error.what()};
  }
}

}  // namespace

/// What the loader and its threads share.
class BatchLoader::Work {
 public:
  explicit Work(Setup setup)
      : setup_(std::move(setup)),
        image_bytes_(static_cast<std::size_t>(setup_.transform.resolution) *
                     static_cast<std::size_t>(setup_.transform.resolution) *
                     static_cast<std::size_t>(setup_.images->channels())) {
    for (auto* buffer : setup_.buffers) slots_.emplace_back().pixels = buffer;
  }

  /// A thread: loads until the end.
  void run();
  Result<std::optional<Batch>> next(bool& gave_up);
  /// No thread takes up another image.
  void stop();
  /// Whether all threads that ran have ended, for which it waits a while.
  bool ended();

 private:
  struct Slot {
    std::uint8_t* pixels = nullptr;
    BatchRequest request;
    std::size_t claimed = 0;  // images that a thread has taken up
    std::size_t done = 0;
    std::vector<std::int64_t> indices;  // of the images that were read; kLeftOut where none was
  };
  struct Claim {
    Slot* slot;
    std::size_t position;
    [[nodiscard]] std::int64_t index() const { return slot->request.indices[position]; }
  };

  std::optional<Claim> claim(std::unique_lock<std::mutex>& lock);
  void open_slot();
  [[nodiscard]] bool oldest_is_ready() const;
  [[nodiscard]] std::string waiting_for(Clock::duration waited) const;
  Result<std::int64_t> load(const Claim& claim) const;
  Result<std::int64_t> load_or_replace(std::int64_t index, ImageKey key, std::uint8_t* out) const;
  void close_gaps(Slot& slot) const;

  const Setup setup_;
  const std::size_t image_bytes_;

  std::mutex mutex_;
  std::condition_variable work_changed_;  // a slot is free, or the end has come
  std::condition_variable batch_ready_;   // the oldest batch is complete, or nothing more will come
  std::condition_variable thread_ended_;
  // Behind mutex_:
  std::vector<Slot> slots_;     // a ring
  std::uint64_t released_ = 0;  // batches that the caller is done with; the oldest one's number
  std::uint64_t opened_ = 0;    // batches that were asked for
  bool given_ = false;          // the caller has the oldest one
  bool exhausted_ = false;      // nothing more to ask for
  bool stopping_ = false;
  std::optional<Error> failure_;
  int running_ = 0;                                         // threads
  std::multimap<Clock::time_point, std::int64_t> reading_;  // images at hand, by when they were taken up
};

BatchLoader::BatchLoader(Setup setup) {
  const int threads = setup.threads;
  work_ = std::make_shared<Work>(std::move(setup));
  threads_.reserve(static_cast<std::size_t>(threads));
  try {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([work = work_] { work->run(); });
  } catch (const std::system_error&) {
    if (threads_.empty()) throw;  // fewer do the same work
  }
}

BatchLoader::~BatchLoader() {
  work_->stop();
  const bool ended = work_->ended();
  for (auto& thread : threads_)
    if (ended)
      thread.join();
    else
      thread.detach();
}

Result<std::optional<BatchLoader::Batch>> BatchLoader::next() { return work_->next(gave_up_); }

void BatchLoader::Work::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_changed_.notify_all();
}

bool BatchLoader::Work::ended() {
  std::unique_lock lock(mutex_);
  return thread_ended_.wait_for(lock, kEndPatience, [&] { return running_ == 0; });
}

bool BatchLoader::Work::oldest_is_ready() const {
  if (failure_) return true;
  if (released_ == opened_) return exhausted_;
  const auto& slot = slots_[released_ % slots_.size()];
  return slot.done == slot.request.indices.size();
}

std::string BatchLoader::Work::waiting_for(Clock::duration waited) const {
  auto text = "waiting for data for " +
              std::to_string(std::chrono::duration_cast<std::chrono::seconds>(waited).count()) + " s";
  if (!reading_.empty()) text += " in " + setup_.images->name(reading_.begin()->second);
  return text;
}

Result<std::optional<BatchLoader::Batch>> BatchLoader::Work::next(bool& gave_up) {
  std::unique_lock lock(mutex_);
  if (given_) {
    ++released_;
    given_ = false;
    work_changed_.notify_all();
  }
  const auto start = Clock::now();
  Clock::duration patience = setup_.patience;
  while (!batch_ready_.wait_for(lock, kStopInterval, [&] { return oldest_is_ready(); })) {
    if (setup_.should_stop && setup_.should_stop()) {
      gave_up = true;
      return std::optional<Batch>();
    }
    const auto waited = Clock::now() - start;
    if (waited < patience || !setup_.log) continue;
    setup_.log(waiting_for(waited));
    patience *= 2;
  }
  if (failure_) return *failure_;
  if (released_ == opened_) return std::optional<Batch>();
  auto& slot = slots_[released_ % slots_.size()];
  given_ = true;
  if (setup_.on_damage == OnDamage::leave_out) close_gaps(slot);
  return std::optional(Batch{slot.pixels, slot.indices});
}

void BatchLoader::Work::run() {
  std::unique_lock lock(mutex_);
  ++running_;
  while (const auto claimed = claim(lock)) {
    const auto reading = reading_.emplace(Clock::now(), claimed->index());
    lock.unlock();
    const auto loaded = load(*claimed);
    lock.lock();
    reading_.erase(reading);
    auto& slot = *claimed->slot;
    if (loaded.ok())
      slot.indices[claimed->position] = *loaded;
    else if (!failure_)
      failure_ = loaded.error();
    if (++slot.done == slot.request.indices.size() || failure_) batch_ready_.notify_all();
    if (failure_) work_changed_.notify_all();
  }
  --running_;
  thread_ended_.notify_all();
}

/// Waits for an image that nobody has taken up, the earliest batch's first; nothing where there will be none.
std::optional<BatchLoader::Work::Claim> BatchLoader::Work::claim(std::unique_lock<std::mutex>& lock) {
  for (;;) {
    if (stopping_ || failure_) return std::nullopt;
    if (opened_ > released_) {
      // Batches are opened one at a time, when all images of those before are taken up.
      auto& newest = slots_[(opened_ - 1) % slots_.size()];
      if (newest.claimed < newest.request.indices.size()) return Claim{&newest, newest.claimed++};
    }
    if (exhausted_) return std::nullopt;
    if (opened_ - released_ == slots_.size())
      work_changed_.wait(lock);
    else
      open_slot();
  }
}

void BatchLoader::Work::open_slot() try {
  auto request = setup_.next_request();
  if (!request) {
    exhausted_ = true;
    batch_ready_.notify_all();
    work_changed_.notify_all();
    return;
  }
  auto& slot = slots_[opened_ % slots_.size()];
  slot.request = std::move(*request);
  slot.claimed = slot.done = 0;
  slot.indices.assign(slot.request.indices.size(), kLeftOut);
  ++opened_;
} catch (...) {
  failure_ = from_exception();
  batch_ready_.notify_all();
  work_changed_.notify_all();
}

Result<std::int64_t> BatchLoader::Work::load(const Claim& claim) const {
  try {
    const auto& request = claim.slot->request;
    const auto index = claim.index();
    const auto copy = request.copies.empty() ? 0 : request.copies[claim.position];
    return load_or_replace(index, {request.epoch, index + copy * setup_.images->size()},
                           claim.slot->pixels + claim.position * image_bytes_);
  } catch (...) {
    return from_exception();
  }
}

/// The index of the image that was read in the end, or kLeftOut.
Result<std::int64_t> BatchLoader::Work::load_or_replace(std::int64_t index, ImageKey key,
                                                        std::uint8_t* out) const {
  for (;;) {
    const auto read = transform_image(*setup_.images, index, setup_.transform, key, out);
    if (read.ok()) return index;
    const auto code = read.error().code;
    if (code != ErrorCode::data_loss && code != ErrorCode::not_found) return read.error();
    SPIN_TRY(setup_.damaged->add(index, setup_.images->name(index), read.error().message));
    if (setup_.on_damage == OnDamage::leave_out) return kLeftOut;
    index = (index + 1) % setup_.images->size();
  }
}

/// Moves the images up behind those that were left out.
void BatchLoader::Work::close_gaps(Slot& slot) const {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < slot.indices.size(); ++i) {
    if (slot.indices[i] == kLeftOut) continue;
    if (kept != i) {
      std::memcpy(slot.pixels + kept * image_bytes_, slot.pixels + i * image_bytes_, image_bytes_);
      slot.indices[kept] = slot.indices[i];
    }
    ++kept;
  }
  slot.indices.resize(kept);
}

}  // namespace spin
