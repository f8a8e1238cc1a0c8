#include "server/rpc/fleet_service.h"

#include <utility>

#include "server/rpc/artifact_transfer.h"
#include "server/rpc/transfer_streams.h"

namespace spin {
namespace {

constexpr int kMaxArtifactQuestions = 2000;
constexpr std::size_t kArtifactQuestionThreads = 2;
/// Each works on a chunk, or makes a file durable.
constexpr std::size_t kTransferThreads = 8;

}  // namespace

FleetService::FleetService(FleetBackend& backend, ArtifactStore& artifacts,
                           std::chrono::milliseconds stall_limit, int max_transfers)
    : backend_(backend),
      artifacts_(artifacts),
      calls_(stall_limit),
      questions_(kMaxArtifactQuestions, "questions for artifacts", kArtifactQuestionThreads),
      transfers_(max_transfers, "uploads and downloads", kTransferThreads) {}

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

grpc::ServerUnaryReactor* FleetService::StatArtifact(grpc::CallbackServerContext* context,
                                                     const v1::StatArtifactRequest* request,
                                                     v1::StatArtifactResponse* response) {
  return answer_on(questions_, context,
                   [this, request, response] { return stat_artifact(artifacts_, *request, response); });
}

grpc::ServerReadReactor<v1::UploadArtifactRequest>* FleetService::UploadArtifact(
    grpc::CallbackServerContext* context, v1::UploadArtifactResponse* response) {
  return UploadStream::start({artifacts_, transfers_, calls_}, *context, response);
}

grpc::ServerWriteReactor<v1::ArtifactChunk>* FleetService::DownloadArtifact(
    grpc::CallbackServerContext* context, const v1::DownloadArtifactRequest* request) {
  return DownloadStream::start({artifacts_, transfers_, calls_}, *context, *request);
}

void FleetService::stop(const Error& reason) {
  std::unique_lock lock(mutex_);
  stopped_ = reason;
  const auto streams = std::exchange(streams_, {});
  lock.unlock();
  calls_.stop();
  for (const auto& weak : streams)
    if (const auto stream = weak.lock()) stream->close(reason);
}

}  // namespace spin
