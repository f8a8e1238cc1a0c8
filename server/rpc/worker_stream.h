#pragma once

#include <cstddef>
#include <memory>
#include <mutex>

#include <grpcpp/support/server_callback.h>

#include "proto/wire/batch_queue.h"
#include "server/rpc/backend.h"
#include "spin/v1/fleet.grpc.pb.h"

namespace spin {

/// One Attach call: turns messages into values for the backend, and what the backend sends into messages. It
/// keeps itself alive until gRPC is done with it; the backend may hold its link for longer.
class WorkerStream final : public grpc::ServerBidiReactor<v1::WorkerBatch, v1::CoordinatorBatch>,
                           public WorkerLink,
                           public std::enable_shared_from_this<WorkerStream> {
 public:
  /// A worker that reads so slowly that more than this waits for it is cut off, and takes up its outbox again
  /// later.
  static constexpr std::size_t kMaxQueuedBytes = 16 << 20;

  static std::shared_ptr<WorkerStream> start(grpc::CallbackServerContext* context, FleetBackend& backend);

  void send(std::vector<CoordinatorMessage> messages) override;
  void close(Status status) override;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

 private:
  WorkerStream(grpc::CallbackServerContext* context, FleetBackend& backend)
      : backend_(backend), context_(context) {}
  Status receive();
  void read_next();
  void detach();
  void finish(const grpc::Status& status);
  void write_next(std::unique_lock<std::mutex> lock);

  FleetBackend& backend_;

  // In reactions of reads, which gRPC runs one after another.
  v1::WorkerBatch incoming_;
  bool attached_ = false;

  std::mutex mutex_;
  // Behind the mutex.
  grpc::CallbackServerContext* context_;  ///< null once the call is done
  std::shared_ptr<WorkerStream> self_;
  wire::BatchQueue<v1::CoordinatorBatch> outgoing_;
  bool closing_ = false;   ///< nothing more is sent, final_ is the status
  bool finished_ = false;  ///< Finish() was called
  grpc::Status final_;
};

}  // namespace spin
