#include "server/rpc/worker_stream.h"

#include <string>
#include <utility>

#include "proto/wire/error.h"
#include "proto/wire/fleet.h"

namespace spin {
namespace {

/// What a queued message takes beside its bytes on the wire.
constexpr std::size_t kMessageOverheadBytes = 128;

std::size_t queued_bytes(const v1::CoordinatorMessage& message) {
  return message.ByteSizeLong() + kMessageOverheadBytes;
}

}  // namespace

std::shared_ptr<WorkerStream> WorkerStream::start(grpc::CallbackServerContext* context,
                                                  FleetBackend& backend) {
  std::shared_ptr<WorkerStream> stream(new WorkerStream(context, backend));
  stream->self_ = stream;
  stream->StartRead(&stream->incoming_);
  return stream;
}

void WorkerStream::send(CoordinatorMessage message) {
  v1::CoordinatorMessage wire;
  wire::to_wire(message, &wire);
  std::unique_lock lock(mutex_);
  if (closing_) return;
  outgoing_bytes_ += queued_bytes(wire);
  if (outgoing_bytes_ > kMaxQueuedBytes) {
    lock.unlock();
    return close(Error{ErrorCode::resource_exhausted, "the worker does not read: more than " +
                                                          std::to_string(kMaxQueuedBytes >> 20) +
                                                          " MiB of messages wait for it"});
  }
  outgoing_.push_back(std::move(wire));
  if (!writing_) write_next(std::move(lock));
}

void WorkerStream::close(Status status) {
  finish(status.ok() ? grpc::Status::OK : wire::to_grpc(status.error()));
}

void WorkerStream::OnReadDone(bool ok) {
  if (!ok) {
    detach();
    return finish(grpc::Status::OK);
  }
  if (const Status status = receive(); !status.ok()) {
    detach();
    return close(status);
  }
  {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
  }
  StartRead(&incoming_);
}

Status WorkerStream::receive() {
  SPIN_ASSIGN(WorkerMessage message, wire::from_wire(incoming_));
  auto* hello = std::get_if<WorkerHello>(&message);
  if (attached_ == (hello != nullptr))
    return Error{ErrorCode::invalid_argument,
                 attached_ ? "hello came twice; it is accepted as the first message only"
                           : "the first message is not hello"};
  if (hello != nullptr) {
    attached_ = true;
    backend_.attach(std::move(*hello), shared_from_this());
  } else {
    backend_.receive(shared_from_this(), std::move(message));
  }
  return {};
}

void WorkerStream::detach() {
  if (std::exchange(attached_, false)) backend_.detached(shared_from_this());
}

void WorkerStream::finish(const grpc::Status& status) {
  std::unique_lock lock(mutex_);
  if (std::exchange(closing_, true)) return;
  final_ = status;
  if (!writing_) {
    finished_ = true;
    lock.unlock();
    return Finish(status);
  }
  // What is being written ends first. It may never end where the peer does not read: then the call is cut
  // off.
  if (outgoing_bytes_ > kMaxQueuedBytes) context_->TryCancel();
}

void WorkerStream::write_next(std::unique_lock<std::mutex> lock) {
  writing_ = true;
  const auto& message = outgoing_.front();
  lock.unlock();
  StartWrite(&message);
}

void WorkerStream::OnWriteDone(bool ok) {
  std::unique_lock lock(mutex_);
  writing_ = false;
  outgoing_bytes_ -= queued_bytes(outgoing_.front());
  outgoing_.pop_front();
  // A write fails only with the whole call; the read that fails with it ends the stream.
  if (ok && !closing_ && !outgoing_.empty()) return write_next(std::move(lock));
  if (!closing_ || finished_) return;
  finished_ = true;
  lock.unlock();
  Finish(final_);
}

void WorkerStream::OnDone() {
  detach();
  std::shared_ptr<WorkerStream> self;
  const std::lock_guard lock(mutex_);
  context_ = nullptr;
  closing_ = true;
  self = std::move(self_);
}

}  // namespace spin
