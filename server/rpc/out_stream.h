#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <grpcpp/support/server_callback.h>

#include "proto/wire/error.h"
#include "server/rpc/call_limit.h"
#include "server/rpc/live_calls.h"

namespace spin {

/// Messages down to one client, written one after another. It keeps itself alive until gRPC is done with it;
/// who produces the messages may hold it for longer. Who does not read is cut off. Thread-safe.
template <class Message>
class OutStream : public grpc::ServerWriteReactor<Message>,
                  public LiveCall,
                  public std::enable_shared_from_this<OutStream<Message>> {
 public:
  /// Above this much that waits to be written, write() waits.
  static constexpr std::size_t kMaxQueuedBytes = 256 << 10;

  OutStream(LiveCalls& calls, grpc::CallbackServerContext& context) : calls_(calls), context_(context) {}

  /// Once, before anything else.
  void begin(CallLimit::Pass pass) {
    pass_ = std::move(pass);
    self_ = this->shared_from_this();
    calls_.add(*this);
  }

  /// Whoever writes or ends the stream from a thread begins; false where the client went while that waited
  /// for its turn.
  bool take_turn() {
    const std::lock_guard lock(mutex_);
    if (over_) return false;
    has_writer_ = true;
    return true;
  }
  /// Queues a message, and waits while too many do; false where nobody wants more. Not on gRPC's threads.
  bool write(Message message) {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [this] { return over_ || queued_bytes_ < kMaxQueuedBytes; });
    if (over_) return false;
    put(std::move(message));
    return true;
  }
  [[nodiscard]] bool is_live() const {
    const std::lock_guard lock(mutex_);
    return !over_;
  }
  /// The end, behind what is queued; the first one counts.
  void finish(const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    end(status);
  }
  /// Of a stream that broke off: the client is gone, or spind stops.
  void finish_broken() {
    const std::lock_guard lock(mutex_);
    end_broken();
  }

  void stop() override {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    break_off();
  }
  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    break_off();
  }
  void OnWriteDone(bool ok) override {
    bool drained = false;
    {
      const std::lock_guard lock(mutex_);
      calls_.stalled().end(stall_);
      writing_ = false;
      queued_bytes_ -= queue_.front().ByteSizeLong();
      queue_.pop_front();
      if (!ok) break_off();
      go_on();
      drained = queue_.empty() && !final_ && !over_;
    }
    moved_.notify_all();
    if (drained) on_drained();
  }
  void OnDone() override {
    calls_.remove(*this);
    std::shared_ptr<OutStream> self;
    const std::lock_guard lock(mutex_);
    over_ = true;
    self = std::move(self_);
  }

 protected:
  /// All that was queued is written. On gRPC's thread: never blocks.
  virtual void on_drained() {}

  /// Without waiting, all at once: on_drained() follows the last one, unless they are the end. What comes
  /// when nobody wants more is dropped.
  void push(std::vector<Message> messages, bool last) {
    const std::lock_guard lock(mutex_);
    if (last && !final_) final_ = grpc::Status::OK;
    if (over_) return;
    for (auto& message : messages) put(std::move(message));
    go_on();
  }

 private:
  // All of these behind the mutex.
  void put(Message message) {
    queued_bytes_ += message.ByteSizeLong();
    queue_.push_back(std::move(message));
    go_on();
  }
  void break_off() {
    if (std::exchange(over_, true)) return;
    moved_.notify_all();
    if (!has_writer_) end_broken();
  }
  void end_broken() {
    end(stopping_ ? wire::to_grpc(Error{ErrorCode::unavailable, "spind is stopping"})
                  : grpc::Status(grpc::StatusCode::CANCELLED, "the client is gone"));
  }
  void end(const grpc::Status& status) {
    if (!final_) final_ = status;
    go_on();
  }
  void go_on() {
    if (writing_ || finished_) return;
    if (!over_ && !queue_.empty()) {
      writing_ = true;
      stall_ = calls_.stalled().begin(context_);
      this->StartWrite(&queue_.front());
    } else if (final_) {
      finished_ = true;
      pass_.reset();
      this->Finish(*final_);
    }
  }

  LiveCalls& calls_;
  grpc::CallbackServerContext& context_;  ///< alive while a write is under way

  mutable std::mutex mutex_;
  std::condition_variable moved_;
  // Behind the mutex.
  CallLimit::Pass pass_;
  std::shared_ptr<OutStream> self_;
  std::deque<Message> queue_;  ///< the first one is being written while writing_
  std::size_t queued_bytes_ = 0;
  std::uint64_t stall_ = 0;
  bool writing_ = false;
  bool over_ = false;        ///< nobody wants more
  bool has_writer_ = false;  ///< who ends the stream when it breaks off
  bool stopping_ = false;
  std::optional<grpc::Status> final_;
  bool finished_ = false;  ///< Finish() was called
};

/// A call that is refused before it begins.
template <class Message>
class RefusedStream final : public grpc::ServerWriteReactor<Message> {
 public:
  explicit RefusedStream(const Error& error) { this->Finish(wire::to_grpc(error)); }
  void OnDone() override { delete this; }
};

}  // namespace spin
