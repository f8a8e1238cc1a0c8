#pragma once

#include <atomic>

#include "server/rpc/backend.h"
#include "spin/v1/control.grpc.pb.h"

namespace spin {

/// What people call. Each call holds one of gRPC's threads while it runs.
class ControlService final : public v1::Control::Service {
 public:
  explicit ControlService(ControlBackend& backend) : backend_(backend) {}

  grpc::Status Submit(grpc::ServerContext* context, const v1::SubmitRequest* request,
                      v1::SubmitResponse* response) override;
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

  /// Streams that run end soon, with unavailable.
  void stop() { stopping_ = true; }

 private:
  [[nodiscard]] grpc::Status stream_end(const grpc::ServerContext& context) const;

  ControlBackend& backend_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace spin
