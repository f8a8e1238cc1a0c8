#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include <grpcpp/support/server_callback.h>

#include "server/rpc/artifact_transfer.h"
#include "server/rpc/call_kind.h"

namespace spin {

/// What transfers work with; all of it outlives them.
struct TransferParts {
  ArtifactStore& store;
  CallKind& kind;
  LiveCalls& calls;
};

/// One upload: each message is worked on by the lane, and no thread is held while the next one is on its way.
/// A peer from which nothing comes is cut off.
class UploadStream final : public grpc::ServerReadReactor<v1::UploadArtifactRequest>,
                           public LiveCall,
                           public std::enable_shared_from_this<UploadStream> {
 public:
  static grpc::ServerReadReactor<v1::UploadArtifactRequest>* start(const TransferParts& parts,
                                                                   grpc::CallbackServerContext& context,
                                                                   v1::UploadArtifactResponse* response);

  void stop() override;
  void OnReadDone(bool ok) override;
  void OnDone() override;

 private:
  UploadStream(const TransferParts& parts, grpc::CallbackServerContext& context,
               v1::UploadArtifactResponse* response)
      : parts_(parts), context_(context), response_(response), artifact_(parts.store) {}
  void read_next();
  /// On the lane.
  void work(bool has_message);
  void finish(const Status& status);

  const TransferParts parts_;
  grpc::CallbackServerContext& context_;
  v1::UploadArtifactResponse* const response_;

  // Between a read and the next one: gRPC's, or the lane's.
  v1::UploadArtifactRequest message_;
  IncomingArtifact artifact_;

  std::mutex mutex_;
  // Behind the mutex.
  CallLimit::Pass pass_;
  std::shared_ptr<UploadStream> self_;
  std::uint64_t stall_ = 0;
  bool finished_ = false;  ///< Finish() was called
};

/// One download: the lane reads a chunk when the last one is written.
class DownloadStream final : public OutStream<v1::ArtifactChunk> {
 public:
  static grpc::ServerWriteReactor<v1::ArtifactChunk>* start(const TransferParts& parts,
                                                            grpc::CallbackServerContext& context,
                                                            const v1::DownloadArtifactRequest& request);

  DownloadStream(const TransferParts& parts, grpc::CallbackServerContext& context)
      : OutStream(parts.calls, context), parts_(parts) {}

 protected:
  void on_drained() override;

 private:
  /// On the lane.
  void open(const v1::DownloadArtifactRequest& request);
  void send_next();

  const TransferParts parts_;
  std::optional<OutgoingArtifact> artifact_;  ///< on the lane, one task at a time
};

}  // namespace spin
