#include "server/rpc/transfer_streams.h"

#include <utility>
#include <vector>

#include "proto/wire/error.h"

namespace spin {
namespace {

class RefusedUpload final : public grpc::ServerReadReactor<v1::UploadArtifactRequest> {
 public:
  explicit RefusedUpload(const Error& error) { Finish(wire::to_grpc(error)); }
  void OnDone() override { delete this; }
};

grpc::Status to_status(const Status& status) {
  return status.ok() ? grpc::Status::OK : wire::to_grpc(status.error());
}

}  // namespace

grpc::ServerReadReactor<v1::UploadArtifactRequest>* UploadStream::start(
    const TransferParts& parts, grpc::CallbackServerContext& context, v1::UploadArtifactResponse* response) {
  auto pass = parts.kind.limit.enter();
  if (!pass.ok()) return new RefusedUpload(pass.error());
  const std::shared_ptr<UploadStream> stream(new UploadStream(parts, context, response));
  stream->pass_ = std::move(*pass);
  stream->self_ = stream;
  parts.calls.add(*stream);
  stream->read_next();
  return stream.get();
}

void UploadStream::read_next() {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  stall_ = parts_.calls.stalled().begin(context_);
  StartRead(&message_);
}

void UploadStream::OnReadDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    parts_.calls.stalled().end(stall_);
    if (finished_) return;
  }
  const Status posted = parts_.kind.lane.post([self = shared_from_this(), ok] { self->work(ok); });
  if (!posted.ok()) finish(posted);
}

void UploadStream::work(bool has_message) {
  const auto complete = has_message ? artifact_.take(message_) : artifact_.finish();
  if (complete.ok() && !*complete) return read_next();
  artifact_.let_go();
  finish(complete.ok() ? Status() : Status(complete.error()));
}

void UploadStream::finish(const Status& status) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(finished_, true)) return;
  if (status.ok()) response_->set_bytes(artifact_.bytes());
  pass_.reset();
  Finish(to_status(status));
}

void UploadStream::stop() {
  finish(Error{ErrorCode::unavailable, "spind is stopping; the transfer goes on later"});
}

void UploadStream::OnDone() {
  parts_.calls.remove(*this);
  std::shared_ptr<UploadStream> self;
  const std::lock_guard lock(mutex_);
  parts_.calls.stalled().end(stall_);
  self = std::move(self_);
}

grpc::ServerWriteReactor<v1::ArtifactChunk>* DownloadStream::start(
    const TransferParts& parts, grpc::CallbackServerContext& context,
    const v1::DownloadArtifactRequest& request) {
  auto pass = parts.kind.limit.enter();
  if (!pass.ok()) return new RefusedStream<v1::ArtifactChunk>(pass.error());
  const auto stream = std::make_shared<DownloadStream>(parts, context);
  stream->begin(std::move(*pass));
  const Status posted = parts.kind.lane.post([stream, request] { stream->open(request); });
  if (!posted.ok()) stream->finish(to_status(posted));
  return stream.get();
}

void DownloadStream::open(const v1::DownloadArtifactRequest& request) {
  auto artifact = OutgoingArtifact::open(parts_.store, request);
  if (!artifact.ok()) return finish(wire::to_grpc(artifact.error()));
  artifact_.emplace(std::move(*artifact));
  send_next();
}

void DownloadStream::send_next() {
  if (artifact_->is_at_end()) return finish(grpc::Status::OK);
  auto chunk = artifact_->next();
  if (!chunk.ok()) return finish(wire::to_grpc(chunk.error()));
  std::vector<v1::ArtifactChunk> chunks;
  chunks.push_back(std::move(*chunk));
  push(std::move(chunks), false);
}

void DownloadStream::on_drained() {
  const auto self = std::static_pointer_cast<DownloadStream>(shared_from_this());
  const Status posted = parts_.kind.lane.post([self] { self->send_next(); });
  if (!posted.ok()) finish(to_status(posted));
}

}  // namespace spin
