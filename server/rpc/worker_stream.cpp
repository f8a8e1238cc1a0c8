#include "server/rpc/worker_stream.h"

#include <string>
#include <utility>
#include <vector>

#include "proto/wire/error.h"
#include "proto/wire/fleet.h"

namespace spin {
std::shared_ptr<WorkerStream> WorkerStream::start(grpc::CallbackServerContext* context,
                                                  FleetBackend& backend) {
  std::shared_ptr<WorkerStream> stream(new WorkerStream(context, backend));
  stream->self_ = stream;
  stream->StartRead(&stream->incoming_);
  return stream;
}

void WorkerStream::send(std::vector<CoordinatorMessage> messages) {
  std::unique_lock lock(mutex_);
  if (closing_) return;
  for (const auto& message : messages) outgoing_.push(message);
  if (outgoing_.bytes() > kMaxQueuedBytes) {
    lock.unlock();
    return close(Error{ErrorCode::resource_exhausted, "the worker does not read: more than " +
                                                          std::to_string(kMaxQueuedBytes >> 20) +
                                                          " MiB of messages wait for it"});
  }
  write_next(std::move(lock));
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
}

void WorkerStream::read_next() {
  const std::lock_guard lock(mutex_);
  if (!finished_) StartRead(&incoming_);
}

Status WorkerStream::receive() {
  SPIN_ASSIGN(std::vector<WorkerMessage> messages, wire::from_wire(incoming_));
  for (std::size_t i = 0; i < messages.size(); ++i) {
    auto* hello = std::get_if<WorkerHello>(&messages[i]);
    if (attached_ == (hello != nullptr))
      return Error{ErrorCode::invalid_argument,
                   attached_ ? "hello came twice; it is accepted as the first message only"
                             : "the first message is not hello"};
    if (hello == nullptr) continue;
    attached_ = true;
    backend_.attach(std::move(*hello), shared_from_this());
  }
  std::erase_if(messages, [](const auto& message) { return std::holds_alternative<WorkerHello>(message); });
  backend_.receive(shared_from_this(), std::move(messages),
                   [self = shared_from_this()] { self->read_next(); });
  return {};
}

void WorkerStream::detach() {
  if (std::exchange(attached_, false)) backend_.detached(shared_from_this());
}

void WorkerStream::finish(const grpc::Status& status) {
  std::unique_lock lock(mutex_);
  if (std::exchange(closing_, true)) return;
  final_ = status;
  if (!outgoing_.is_writing()) {
    finished_ = true;
    lock.unlock();
    return Finish(status);
  }
  // What is being written ends first. It may never end where the peer does not read: then the call is cut
  // off.
  if (outgoing_.bytes() > kMaxQueuedBytes) context_->TryCancel();
}

void WorkerStream::write_next(std::unique_lock<std::mutex> lock) {
  const auto* batch = outgoing_.begin_write();
  lock.unlock();
  if (batch != nullptr) StartWrite(batch);
}

void WorkerStream::OnWriteDone(bool ok) {
  std::unique_lock lock(mutex_);
  outgoing_.end_write();
  // A write fails only with the whole call; the read that fails with it ends the stream.
  if (ok && !closing_) return write_next(std::move(lock));
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
