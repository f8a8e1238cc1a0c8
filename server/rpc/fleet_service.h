#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "server/rpc/backend.h"
#include "server/rpc/call_kind.h"
#include "server/rpc/worker_stream.h"
#include "server/store/artifacts.h"
#include "spin/v1/fleet.grpc.pb.h"

namespace spin {

/// What workers call. No call holds a thread while its peer is slow.
class FleetService final : public v1::Fleet::CallbackService {
 public:
  static constexpr int kMaxTransfers = 256;

  /// A transfer of which nothing arrives for `stall_limit` is cut off.
  FleetService(FleetBackend& backend, ArtifactStore& artifacts,
               std::chrono::milliseconds stall_limit = std::chrono::seconds(30),
               int max_transfers = kMaxTransfers);

  grpc::ServerBidiReactor<v1::WorkerBatch, v1::CoordinatorBatch>* Attach(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* StatArtifact(grpc::CallbackServerContext* context,
                                         const v1::StatArtifactRequest* request,
                                         v1::StatArtifactResponse* response) override;
  grpc::ServerReadReactor<v1::UploadArtifactRequest>* UploadArtifact(
      grpc::CallbackServerContext* context, v1::UploadArtifactResponse* response) override;
  grpc::ServerWriteReactor<v1::ArtifactChunk>* DownloadArtifact(
      grpc::CallbackServerContext* context, const v1::DownloadArtifactRequest* request) override;

  /// Ends every stream, and those that come later, with `reason`; running transfers break off.
  void stop(const Error& reason);
  /// Transfers that were cut off because their peer did not go on.
  [[nodiscard]] std::int64_t cut_off() { return calls_.stalled().cut_off(); }

 private:
  FleetBackend& backend_;
  ArtifactStore& artifacts_;
  LiveCalls calls_;  ///< transfers
  CallKind questions_, transfers_;

  std::mutex mutex_;
  // Behind the mutex.
  std::vector<std::weak_ptr<WorkerStream>> streams_;
  std::optional<Error> stopped_;
};

}  // namespace spin
