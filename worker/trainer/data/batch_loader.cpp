#include "worker/trainer/data/batch_loader.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <system_error>
#include <utility>

namespace spin {
namespace {

constexpr std::int64_t kLeftOut = -1;

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

BatchLoader::BatchLoader(Setup setup)
    : setup_(std::move(setup)),
      image_bytes_(static_cast<std::size_t>(setup_.transform.resolution) *
                   static_cast<std::size_t>(setup_.transform.resolution) *
                   static_cast<std::size_t>(setup_.images->channels())) {
  for (auto* buffer : setup_.buffers) slots_.emplace_back().pixels = buffer;
  threads_.reserve(static_cast<std::size_t>(setup_.threads));
  try {
    for (int i = 0; i < setup_.threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    if (threads_.empty()) throw;  // fewer do the same work
  }
}

BatchLoader::~BatchLoader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

Result<std::optional<BatchLoader::Batch>> BatchLoader::next() {
  std::unique_lock lock(mutex_);
  if (given_) {
    ++released_;
    given_ = false;
    work_changed_.notify_all();
  }
  auto& slot = slots_[released_ % slots_.size()];
  batch_ready_.wait(lock, [&] {
    if (failure_) return true;
    if (released_ == opened_) return exhausted_;
    return slot.done == slot.request.indices.size();
  });
  if (failure_) return *failure_;
  if (released_ == opened_) return std::optional<Batch>();
  given_ = true;
  if (setup_.on_damage == OnDamage::leave_out) close_gaps(slot);
  return std::optional(Batch{slot.pixels, slot.indices});
}

void BatchLoader::work() {
  std::unique_lock lock(mutex_);
  while (const auto claimed = claim(lock)) {
    lock.unlock();
    const auto loaded = load(*claimed);
    lock.lock();
    auto& slot = *claimed->slot;
    if (loaded.ok())
      slot.indices[claimed->position] = *loaded;
    else if (!failure_)
      failure_ = loaded.error();
    if (++slot.done == slot.request.indices.size() || failure_) batch_ready_.notify_all();
    if (failure_) work_changed_.notify_all();
  }
}

/// Waits for an image that nobody has taken up, the earliest batch's first; nothing where there will be none.
std::optional<BatchLoader::Claim> BatchLoader::claim(std::unique_lock<std::mutex>& lock) {
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

void BatchLoader::open_slot() try {
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

Result<std::int64_t> BatchLoader::load(const Claim& claim) const {
  try {
    const auto& request = claim.slot->request;
    const auto index = request.indices[claim.position];
    const auto copy = request.copies.empty() ? 0 : request.copies[claim.position];
    return load_or_replace(index, {request.epoch, index + copy * setup_.images->size()},
                           claim.slot->pixels + claim.position * image_bytes_);
  } catch (...) {
    return from_exception();
  }
}

/// The index of the image that was read in the end, or kLeftOut.
Result<std::int64_t> BatchLoader::load_or_replace(std::int64_t index, ImageKey key, std::uint8_t* out) const {
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
void BatchLoader::close_gaps(Slot& slot) const {
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
