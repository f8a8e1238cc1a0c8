#pragma once

#include <chrono>
#include <memory>

#include "server/rpc/backend.h"
#include "server/rpc/call_kind.h"
#include "server/rpc/live_calls.h"
#include "server/rpc/out_stream.h"
#include "server/store/artifacts.h"
#include "spin/v1/control.grpc.pb.h"

namespace spin {

/// How many calls of each kind run at once; what comes beyond is refused with that reason.
struct CallLimits {
  int short_calls = 2000;  ///< few run at once, the others wait a moment
  int watches = 256;
  int followed_logs = 256;
  int listings = 128;
  int queries = 64;  ///< few run at once, the others wait for their turn
  int submissions = 256;
  int downloads = 64;
  int upkeep = 8;  ///< backups and examinations
};

/// What people call. gRPC's threads hand each call to a lane of its kind, so that none waits for calls of
/// another kind: short calls get through whatever watches, lists and submits. Watches, followed logs and
/// downloads hold no thread.
class ControlService final : public v1::Control::CallbackService {
 public:
  /// A client that takes longer than `write_limit` for what is sent to it is cut off.
  ControlService(ControlBackend& backend, ArtifactStore& artifacts,
                 std::chrono::milliseconds write_limit = std::chrono::seconds(10),
                 const CallLimits& limits = {});

  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

  grpc::ServerWriteReactor<v1::SubmitProgress>* Submit(Context* context,
                                                       const v1::SubmitRequest* request) override;
  Unary* GetStatus(Context* context, const v1::GetStatusRequest* request,
                   v1::GetStatusResponse* response) override;
  grpc::ServerWriteReactor<v1::SweepStatus>* Watch(Context* context,
                                                   const v1::WatchRequest* request) override;
  grpc::ServerWriteReactor<v1::JobRow>* ListJobs(Context* context,
                                                 const v1::ListJobsRequest* request) override;
  Unary* GetJob(Context* context, const v1::GetJobRequest* request, v1::JobDetail* response) override;
  grpc::ServerWriteReactor<v1::ArtifactChunk>* DownloadArtifact(
      Context* context, const v1::DownloadArtifactRequest* request) override;
  grpc::ServerWriteReactor<v1::LogLine>* GetLogs(Context* context,
                                                 const v1::GetLogsRequest* request) override;
  grpc::ServerWriteReactor<v1::ResultRow>* GetResults(Context* context,
                                                      const v1::GetResultsRequest* request) override;
  Unary* Steer(Context* context, const v1::SteerRequest* request, v1::SteerResponse* response) override;
  Unary* ListWorkers(Context* context, const v1::ListWorkersRequest* request,
                     v1::ListWorkersResponse* response) override;

  // upkeep_calls.cpp
  Unary* Drain(Context* context, const v1::DrainWorkerRequest* request,
               v1::DrainWorkerResponse* response) override;
  grpc::ServerWriteReactor<v1::QueryRows>* Query(Context* context, const v1::QueryRequest* request) override;
  grpc::ServerWriteReactor<v1::BackupProgress>* Backup(Context* context,
                                                       const v1::BackupRequest* request) override;
  Unary* Examine(Context* context, const v1::ExamineRequest* request, v1::ExamineResponse* response) override;

  /// Streams that run end soon, with unavailable.
  void stop() { calls_.stop(); }
  /// Calls that were cut off because their client did not read.
  [[nodiscard]] std::int64_t cut_off() { return calls_.stalled().cut_off(); }

 private:
  class RowStream;

  ControlBackend& backend_;
  ArtifactStore& artifacts_;
  LiveCalls calls_;
  CallKind questions_;  ///< answered from memory and by single rows
  CallKind orders_;     ///< wait for a commit
  CallKind watches_;    ///< their lane is for the beginning only
  CallKind followers_;  ///< of logs; the same
  CallKind listings_;
  CallKind queries_;
  CallKind submissions_;
  CallKind downloads_;
  CallKind upkeep_;
};

}  // namespace spin
