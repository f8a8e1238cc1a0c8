#include "server/rpc/fleet_service.h"

#include "proto/wire/error.h"

namespace spin {
namespace {

grpc::Status to_status(const Status& status) {
  return status.ok() ? grpc::Status::OK : wire::to_grpc(status.error());
}

}  // namespace

grpc::ServerBidiReactor<v1::WorkerBatch, v1::CoordinatorBatch>* FleetService::Attach(
    grpc::CallbackServerContext* context) {
  auto stream = WorkerStream::start(context, backend_);
  std::unique_lock lock(mutex_);
  std::erase_if(streams_, [](const auto& known) { return known.expired(); });
  streams_.push_back(stream);
  const auto stopped = stopped_;
  lock.unlock();
  if (stopped) stream->close(*stopped);
  return stream.get();
}

grpc::Status FleetService::StatArtifact(grpc::ServerContext* /*context*/,
                                        const v1::StatArtifactRequest* request,
                                        v1::StatArtifactResponse* response) {
  return to_status(transfer_.stat(*request, response));
}

grpc::Status FleetService::UploadArtifact(grpc::ServerContext* context,
                                          grpc::ServerReader<v1::UploadArtifactRequest>* reader,
                                          v1::UploadArtifactResponse* response) {
  return to_status(
      transfer_.receive([&](v1::UploadArtifactRequest* message) { return reader->Read(message); },
                        [&] { return context->IsCancelled(); }, response));
}

grpc::Status FleetService::DownloadArtifact(grpc::ServerContext* /*context*/,
                                            const v1::DownloadArtifactRequest* request,
                                            grpc::ServerWriter<v1::ArtifactChunk>* writer) {
  return to_status(
      transfer_.send(*request, [&](const v1::ArtifactChunk& chunk) { return writer->Write(chunk); }));
}

void FleetService::stop(const Error& reason) {
  std::unique_lock lock(mutex_);
  stopped_ = reason;
  const auto streams = std::exchange(streams_, {});
  lock.unlock();
  transfer_.stop();
  for (const auto& weak : streams)
    if (const auto stream = weak.lock()) stream->close(reason);
}

}  // namespace spin
