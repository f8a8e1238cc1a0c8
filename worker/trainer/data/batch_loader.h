#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
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
    /// One for each batch in flight, each [largest batch, resolution, resolution, channels], kept alive by
    /// `memory`. At least 2, so that one fills while the other is used.
    std::vector<std::uint8_t*> buffers;
    std::shared_ptr<const void> memory;
    int threads = 1;
    /// Asked while a batch is waited for; empty = never.
    std::function<bool()> should_stop;
    /// Gets a line that names the file when a batch was waited for that long, and then after twice as long.
    std::function<void(const std::string&)> log;
    std::chrono::milliseconds patience = std::chrono::minutes(1);
  };

  struct Batch {
    const std::uint8_t* pixels = nullptr;  ///< [N, resolution, resolution, channels], until the next call
    std::vector<std::int64_t> indices;     ///< [N] of the images that are in it
  };

  explicit BatchLoader(Setup setup);
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;
  /// Ends the threads; each finishes the image it is at. One that a dead disk holds for seconds is left
  /// behind, with all that it uses.
  ~BatchLoader();

  /// Waits for the next batch; nothing after the last one, or when it is to stop. With OnDamage::leave_out a
  /// batch may hold fewer images than were asked for, or none. Once it failed, it fails again.
  Result<std::optional<Batch>> next();
  /// Whether it was to stop, and gave no batch for that.
  [[nodiscard]] bool gave_up() const { return gave_up_; }

 private:
  class Work;
  std::shared_ptr<Work> work_;  // shared with the threads, which may outlast the loader
  std::vector<std::thread> threads_;
  bool gave_up_ = false;
};

}  // namespace spin
