#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "schema/base/result.h"
#include "worker/trainer/data/damaged_images.h"
#include "worker/trainer/data/image_source.h"
#include "worker/trainer/data/image_transform.h"

namespace spin {

/// The images of one batch.
struct BatchRequest {
  std::int64_t epoch = 0;
  std::vector<std::int64_t> indices;
  std::vector<std::int64_t> copies{};  ///< of an image that stands several times, from 0; empty = all 0
};

enum class OnDamage { take_next, leave_out };

/// Reads and transforms images on threads of its own and gives batches in the order in which they were asked
/// for. It works ahead as far as it has buffers. What it gives does not depend on the number of threads.
class BatchLoader {
 public:
  struct Setup {
    std::shared_ptr<const ImageSource> images;
    std::shared_ptr<DamagedImages> damaged;
    ImageTransform transform;
    OnDamage on_damage = OnDamage::take_next;
    /// The next batch to load; nothing after the last one. Called on any thread, one call at a time.
    std::function<std::optional<BatchRequest>()> next_request;
    /// One for each batch in flight, each [largest batch, resolution, resolution, channels]; the caller keeps
    /// them as long as the loader. At least 2, so that one fills while the other is used.
    std::vector<std::uint8_t*> buffers;
    int threads = 1;
  };

  struct Batch {
    const std::uint8_t* pixels = nullptr;  ///< [N, resolution, resolution, channels], until the next call
    std::vector<std::int64_t> indices;     ///< [N] of the images that are in it
  };

  explicit BatchLoader(Setup setup);
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;
  /// Ends the threads; each finishes the image it is at.
  ~BatchLoader();

  /// Waits for the next batch; nothing after the last one. With OnDamage::leave_out a batch may hold fewer
  /// images than were asked for, or none. Once it failed, it fails again.
  Result<std::optional<Batch>> next();

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
  };

  void work();
  std::optional<Claim> claim(std::unique_lock<std::mutex>& lock);
  void open_slot();
  Result<std::int64_t> load(const Claim& claim) const;
  Result<std::int64_t> load_or_replace(std::int64_t index, ImageKey key, std::uint8_t* out) const;
  void close_gaps(Slot& slot) const;

  const Setup setup_;
  const std::size_t image_bytes_;

  std::mutex mutex_;
  std::condition_variable work_changed_;  // a slot is free, or the end has come
  std::condition_variable batch_ready_;   // the oldest batch is complete, or nothing more will come
  // Behind mutex_:
  std::vector<Slot> slots_;     // a ring
  std::uint64_t released_ = 0;  // batches that the caller is done with; the oldest one's number
  std::uint64_t opened_ = 0;    // batches that were asked for
  bool given_ = false;          // the caller has the oldest one
  bool exhausted_ = false;      // nothing more to ask for
  bool stopping_ = false;
  std::optional<Error> failure_;

  std::vector<std::thread> threads_;
};

}  // namespace spin
