#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "server/rpc/artifact_transfer.h"
#include "server/rpc/backend.h"
#include "server/rpc/worker_stream.h"
#include "spin/v1/fleet.grpc.pb.h"

namespace spin {

/// What workers call. Attach streams hold no thread; artifact transfers hold one each.
class FleetService final : public v1::Fleet::WithCallbackMethod_Attach<v1::Fleet::Service> {
 public:
  FleetService(FleetBackend& backend, ArtifactStore& artifacts) : backend_(backend), transfer_(artifacts) {}

  grpc::ServerBidiReactor<v1::WorkerBatch, v1::CoordinatorBatch>* Attach(
      grpc::CallbackServerContext* context) override;
  grpc::Status StatArtifact(grpc::ServerContext* context, const v1::StatArtifactRequest* request,
                            v1::StatArtifactResponse* response) override;
  grpc::Status UploadArtifact(grpc::ServerContext* context,
                              grpc::ServerReader<v1::UploadArtifactRequest>* reader,
                              v1::UploadArtifactResponse* response) override;
  grpc::Status DownloadArtifact(grpc::ServerContext* context, const v1::DownloadArtifactRequest* request,
                                grpc::ServerWriter<v1::ArtifactChunk>* writer) override;

  /// Ends every stream, and those that come later, with `reason`; running transfers break off.
  void stop(const Error& reason);

 private:
  FleetBackend& backend_;
  ArtifactTransfer transfer_;

  std::mutex mutex_;
  // Behind the mutex.
  std::vector<std::weak_ptr<WorkerStream>> streams_;
  std::optional<Error> stopped_;
};

}  // namespace spin
