#pragma once

#include <atomic>
#include <chrono>

#include "server/rpc/backend.h"
#include "server/rpc/slow_readers.h"
#include "spin/v1/control.grpc.pb.h"

namespace spin {

/// What people call. Each call holds one of gRPC's threads while it runs.
class ControlService final : public v1::Control::Service {
 public:
  /// A client that takes longer than `write_limit` for what is sent to it is cut off.
  explicit ControlService(ControlBackend& backend,
                          std::chrono::milliseconds write_limit = std::chrono::seconds(10))
      : backend_(backend), slow_readers_(write_limit) {}

  grpc::Status Submit(grpc::ServerContext* context, const v1::SubmitRequest* request,
                      grpc::ServerWriter<v1::SubmitProgress>* writer) override;
  grpc::Status GetStatus(grpc::ServerContext* context, const v1::GetStatusRequest* request,
                         v1::GetStatusResponse* response) override;
  grpc::Status Watch(grpc::ServerContext* context, const v1::WatchRequest* request,
                     grpc::ServerWriter<v1::SweepStatus>* writer) override;
  grpc::Status ListJobs(grpc::ServerContext* context, const v1::ListJobsRequest* request,
                        grpc::ServerWriter<v1::JobRow>* writer) override;
  grpc::Status GetJob(grpc::ServerContext* context, const v1::GetJobRequest* request,
                      v1::JobDetail* response) override;
  grpc::Status GetLogs(grpc::ServerContext* context, const v1::GetLogsRequest* request,
                       grpc::ServerWriter<v1::LogLine>* writer) override;
  grpc::Status GetResults(grpc::ServerContext* context, const v1::GetResultsRequest* request,
                          v1::GetResultsResponse* response) override;
  grpc::Status Steer(grpc::ServerContext* context, const v1::SteerRequest* request,
                     v1::SteerResponse* response) override;
  grpc::Status ListWorkers(grpc::ServerContext* context, const v1::ListWorkersRequest* request,
                           v1::ListWorkersResponse* response) override;

  // upkeep_calls.cpp
  grpc::Status Drain(grpc::ServerContext* context, const v1::DrainWorkerRequest* request,
                     v1::DrainWorkerResponse* response) override;
  grpc::Status Query(grpc::ServerContext* context, const v1::QueryRequest* request,
                     grpc::ServerWriter<v1::QueryRows>* writer) override;
  grpc::Status Backup(grpc::ServerContext* context, const v1::BackupRequest* request,
                      grpc::ServerWriter<v1::BackupProgress>* writer) override;
  grpc::Status Examine(grpc::ServerContext* context, const v1::ExamineRequest* request,
                       v1::ExamineResponse* response) override;

  /// Streams that run end soon, with unavailable.
  void stop() { stopping_ = true; }
  /// Calls that were cut off because their client did not read.
  [[nodiscard]] std::int64_t cut_off() { return slow_readers_.cut_off(); }

 private:
  class RowStream;
  /// False where the client is gone or too slow, or spind stops.
  template <class Message>
  bool write(grpc::ServerContext& context, grpc::ServerWriter<Message>& writer, const Message& message) {
    const SlowReaders::Write watched(slow_readers_, context);
    return !stopping_ && writer.Write(message);
  }
  [[nodiscard]] grpc::Status stream_end(const grpc::ServerContext& context) const;

  ControlBackend& backend_;
  SlowReaders slow_readers_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace spin
