#include "worker/daemon/link.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <grpcpp/grpcpp.h>

#include "proto/wire/batch_queue.h"
#include "proto/wire/error.h"
#include "proto/wire/fleet.h"
#include "spin/v1/fleet.grpc.pb.h"

namespace spin::daemon {

std::shared_ptr<grpc::Channel> open_channel(const net::Endpoint& endpoint) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetMaxReceiveMessageSize(4 << 20);
  return endpoint.connect(std::move(arguments));
}

/// Counts the streams that gRPC still works on.
class Link::Running {
 public:
  void begun() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void done() {
    const std::lock_guard lock(mutex_);
    --count_;
    none_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  int count_ = 0;
};

/// Why streams end. Thread-safe; what gRPC does not say takes a connection of our own to find out.
class Link::Reasons {
 public:
  explicit Reasons(net::Endpoint endpoint) : endpoint_(std::move(endpoint)) {}

  /// May block for some seconds, until stop().
  Error of(const grpc::Status& status) {
    if (status.ok()) return {ErrorCode::unavailable, "the coordinator closed the stream"};
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return wire::from_grpc(status);
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (said_ != status.error_message() || now - found_at_ > kFresh) {
      found_ = endpoint_.explain(status.error_message(), stop_.get_token());
      said_ = status.error_message();
      found_at_ = now;
    }
    // Whatever it is, it can be mended while we wait: who does not believe whom, too.
    if (found_ && found_->code == ErrorCode::refused) return {ErrorCode::unavailable, found_->message};
    return {ErrorCode::unavailable, endpoint_.text() + ": " + (found_ ? found_->message : said_)};
  }
  void stop() { stop_.request_stop(); }

 private:
  static constexpr std::chrono::seconds kFresh{30};

  const net::Endpoint endpoint_;
  std::stop_source stop_;

  std::mutex mutex_;
  // Behind the lock.
  std::string said_;  // by gRPC
  std::optional<Error> found_;
  std::chrono::steady_clock::time_point found_at_;
};

/// One call of Attach. Owns itself while gRPC works on it.
class Link::Stream final : public grpc::ClientBidiReactor<v1::WorkerBatch, v1::CoordinatorBatch> {
 public:
  static constexpr std::size_t kManyQueuedBytes = 64 << 10;
  /// On gRPC's threads; an error is the last call.
  using Deliver = std::function<void(Result<std::vector<CoordinatorMessage>>)>;

  static std::shared_ptr<Stream> start(const std::shared_ptr<grpc::Channel>& channel, Deliver deliver,
                                       std::shared_ptr<Running> running, std::shared_ptr<Reasons> reasons) {
    std::shared_ptr<Stream> stream(new Stream(std::move(deliver), std::move(running), std::move(reasons)));
    stream->running_->begun();
    stream->self_ = stream;
    stream->stub_ = v1::Fleet::NewStub(channel);
    stream->stub_->async()->Attach(&stream->context_, stream.get());
    stream->AddHold();
    stream->StartRead(&stream->incoming_);
    stream->StartCall();
    return stream;
  }

  void send(const WorkerMessage& message) {
    const std::lock_guard lock(mutex_);
    if (ended_ || (outgoing_.bytes() > kManyQueuedBytes && std::holds_alternative<Progress>(message))) return;
    outgoing_.push(message);
    write_next();
  }
  void cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return end();  // OnDone says why
    auto messages = wire::from_wire(incoming_);
    if (!messages.ok()) {
      refused_ = messages.error();
      context_.TryCancel();
      return end();
    }
    deliver_(std::move(messages));
    StartRead(&incoming_);
  }
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    outgoing_.end_write();
    if (ok && !ended_) write_next();
  }
  // The stream goes before `running` hears of it: with it may go the last hold on the channel, which joins
  // gRPC's threads, and this is one of them.
  void OnDone(const grpc::Status& status) override {
    deliver_(reason(status));
    const auto running = running_;
    release();
    running->done();
  }

 private:
  Stream(Deliver deliver, std::shared_ptr<Running> running, std::shared_ptr<Reasons> reasons)
      : deliver_(std::move(deliver)), running_(std::move(running)), reasons_(std::move(reasons)) {}

  /// May destroy this stream.
  void release() {
    std::shared_ptr<Stream> self;
    const std::lock_guard lock(mutex_);
    self = std::move(self_);
  }

  /// Behind the lock.
  void write_next() {
    if (const auto* batch = outgoing_.begin_write()) StartWrite(batch);
  }

  // Writes are started from outside of gRPC's calls, so a hold keeps the stream until none can follow.
  void end() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    RemoveHold();
  }

  Error reason(const grpc::Status& status) const {
    if (refused_)
      return {ErrorCode::unavailable, "the coordinator sent what cannot be read: " + refused_->message};
    return reasons_->of(status);
  }

  const Deliver deliver_;
  const std::shared_ptr<Running> running_;
  const std::shared_ptr<Reasons> reasons_;
  std::unique_ptr<v1::Fleet::Stub> stub_;
  grpc::ClientContext context_;
  v1::CoordinatorBatch incoming_;  // of the read under way
  std::optional<Error> refused_;   // on gRPC's threads, one at a time

  std::mutex mutex_;
  // Behind the lock.
  wire::BatchQueue<v1::WorkerBatch> outgoing_;
  bool ended_ = false;
  std::shared_ptr<Stream> self_;
};

Link::Link(boost::asio::io_context& io, std::shared_ptr<grpc::Channel> channel, net::Endpoint endpoint,
           OnMessage on_message, OnLost on_lost)
    : io_(io),
      channel_(std::move(channel)),
      endpoint_(std::move(endpoint)),
      on_message_(std::move(on_message)),
      on_lost_(std::move(on_lost)),
      running_(std::make_shared<Running>()),
      reasons_(std::make_shared<Reasons>(endpoint_)) {}

Link::~Link() {
  close();
  reasons_->stop();
  running_->wait();  // their last calls post to the io_context, which may go after us
}

void Link::open(const WorkerHello& hello) {
  close();
  endpoint_.look_again();
  // The stream is not known to its own callback before it has started, so the generation stands in for it.
  const std::uint64_t generation = ++generation_;
  stream_ = Stream::start(
      channel_,
      [this, &io = io_, alive = std::weak_ptr<int>(alive_),
       generation](Result<std::vector<CoordinatorMessage>> messages) {
        boost::asio::post(io, [this, alive, generation, messages = std::move(messages)] {
          if (alive.expired() || generation != generation_) return;
          if (messages.ok()) return receive(*messages, generation);
          stream_.reset();
          ++generation_;
          on_lost_(messages.error());
        });
      },
      running_, reasons_);
  stream_->send(hello);
}

/// A handler may close the stream: then the rest of the batch is not for it any more.
void Link::receive(const std::vector<CoordinatorMessage>& messages, std::uint64_t generation) {
  for (const auto& message : messages) {
    if (generation != generation_) return;
    on_message_(message);
  }
}

void Link::send(const WorkerMessage& message) {
  if (stream_ != nullptr) stream_->send(message);
}

void Link::close() {
  ++generation_;
  if (auto stream = std::exchange(stream_, nullptr)) stream->cancel();
}

}  // namespace spin::daemon
