#pragma once

#include <cstddef>
#include <deque>

#include "proto/wire/fleet.h"

namespace spin::wire {

/// What waits to be written to a stream, as batches: all that comes while one is being written goes out
/// together. Not thread-safe.
template <class Batch>
class BatchQueue {
 public:
  /// A batch takes no more messages above this size: far below the largest message that gRPC takes.
  static constexpr std::size_t kBatchBytes = 1 << 20;
  /// What a queued message takes beside its bytes on the wire.
  static constexpr std::size_t kMessageOverheadBytes = 128;

  template <class Message>
  void push(const Message& message) {
    const bool closed =
        batches_.empty() || batches_.back().bytes >= kBatchBytes || (writing_ && batches_.size() == 1);
    if (closed) batches_.emplace_back();
    Entry& last = batches_.back();
    auto* wire = last.batch.add_messages();
    to_wire(message, wire);
    const std::size_t bytes = wire->ByteSizeLong() + kMessageOverheadBytes;
    last.bytes += bytes;
    bytes_ += bytes;
  }

  /// The oldest batch, to be written; it stays until end_write(). Null where there is none, or one is being
  /// written.
  [[nodiscard]] const Batch* begin_write() {
    if (writing_ || batches_.empty()) return nullptr;
    writing_ = true;
    return &batches_.front().batch;
  }
  void end_write() {
    writing_ = false;
    bytes_ -= batches_.front().bytes;
    batches_.pop_front();
  }
  [[nodiscard]] bool is_writing() const { return writing_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    Batch batch;
    std::size_t bytes = 0;
  };
  std::deque<Entry> batches_;  ///< the first one is being written while writing_
  std::size_t bytes_ = 0;
  bool writing_ = false;
};

}  // namespace spin::wire
