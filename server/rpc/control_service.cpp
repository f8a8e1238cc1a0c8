#include "server/rpc/control_service.h"

#include <chrono>
#include <string>

#include "proto/wire/control.h"
#include "proto/wire/error.h"

namespace spin {
namespace {

/// How long a quiet stream takes at most to notice that its client is gone.
constexpr std::chrono::milliseconds kWatchStep{200};
constexpr int kMaxOverrides = 1000;

grpc::Status refused(const Error& error) { return wire::to_grpc(error); }

Status check_submit(const v1::SubmitRequest& request) {
  if (request.text().size() > kMaxSweepFileBytes)
    return Error{ErrorCode::resource_exhausted,
                 request.file_name() + ": the sweep file has " + std::to_string(request.text().size()) +
                     " bytes; at most " + std::to_string(kMaxSweepFileBytes) + " are accepted"};
  if (request.overrides_size() > kMaxOverrides)
    return Error{ErrorCode::resource_exhausted, std::to_string(request.overrides_size()) +
                                                    " overrides; at most " + std::to_string(kMaxOverrides) +
                                                    " are accepted"};
  return {};
}

}  // namespace

grpc::Status ControlService::Submit(grpc::ServerContext* context, const v1::SubmitRequest* request,
                                    grpc::ServerWriter<v1::SubmitProgress>* writer) {
  if (const Status checked = check_submit(*request); !checked.ok()) return refused(checked.error());
  SweepFile source{request->file_name(), request->text(), {}};
  for (const auto& entry : request->overrides()) source.overrides.push_back({entry.path(), entry.value()});
  v1::SubmitProgress message;
  bool whole = true;
  const auto submitted = backend_.submit(source, request->replace(), [&](const SubmitProgress& progress) {
    message.set_planned(progress.planned);
    message.set_stored(progress.stored);
    whole = !stopping_ && !context->IsCancelled() && write(*context, *writer, message);
    return whole;
  });
  if (!whole) return stream_end(*context);
  if (!submitted.ok()) return refused(submitted.error());
  wire::to_wire(*submitted, message.mutable_accepted());
  return write(*context, *writer, message) ? grpc::Status::OK : stream_end(*context);
}

grpc::Status ControlService::GetStatus(grpc::ServerContext* /*context*/, const v1::GetStatusRequest* request,
                                       v1::GetStatusResponse* response) {
  const auto sweeps = backend_.status(request->sweep());
  if (!sweeps.ok()) return refused(sweeps.error());
  for (const auto& sweep : *sweeps) wire::to_wire(sweep, response->add_sweeps());
  return grpc::Status::OK;
}

grpc::Status ControlService::Watch(grpc::ServerContext* context, const v1::WatchRequest* request,
                                   grpc::ServerWriter<v1::SweepStatus>* writer) {
  const auto feed = backend_.watch(request->sweep());
  if (!feed.ok()) return refused(feed.error());
  while (!stopping_ && !context->IsCancelled()) {
    const auto item = (*feed)->next(kWatchStep);
    if (!item) continue;
    v1::SweepStatus message;
    wire::to_wire(item->status, &message);
    if (!write(*context, *writer, message)) break;
    if (item->last) return grpc::Status::OK;
  }
  return stream_end(*context);
}

grpc::Status ControlService::ListJobs(grpc::ServerContext* context, const v1::ListJobsRequest* request,
                                      grpc::ServerWriter<v1::JobRow>* writer) {
  bool whole = true;
  const Status status = backend_.jobs(request->sweep(), [&](const JobRow& row) {
    v1::JobRow message;
    wire::to_wire(row, &message);
    whole = write(*context, *writer, message);
    return whole;
  });
  if (!status.ok()) return refused(status.error());
  return whole ? grpc::Status::OK : stream_end(*context);
}

grpc::Status ControlService::GetJob(grpc::ServerContext* /*context*/, const v1::GetJobRequest* request,
                                    v1::JobDetail* response) {
  const auto detail = backend_.job(request->job());
  if (!detail.ok()) return refused(detail.error());
  wire::to_wire(*detail, response);
  return grpc::Status::OK;
}

grpc::Status ControlService::GetLogs(grpc::ServerContext* context, const v1::GetLogsRequest* request,
                                     grpc::ServerWriter<v1::LogLine>* writer) {
  bool whole = true;
  const auto each = [&](const LogLine& line) {
    v1::LogLine message;
    wire::to_wire(line, &message);
    whole = write(*context, *writer, message);
    return whole;
  };
  const auto idle = [&] {
    whole = !stopping_ && !context->IsCancelled();
    return whole;
  };
  const Status status = backend_.logs(request->job(), request->follow(), each, idle);
  if (!status.ok()) return refused(status.error());
  return whole ? grpc::Status::OK : stream_end(*context);
}

grpc::Status ControlService::GetResults(grpc::ServerContext* /*context*/,
                                        const v1::GetResultsRequest* request,
                                        v1::GetResultsResponse* response) {
  const auto rows = backend_.results(request->sweep());
  if (!rows.ok()) return refused(rows.error());
  for (const auto& row : *rows) wire::to_wire(row, response->add_rows());
  return grpc::Status::OK;
}

grpc::Status ControlService::Steer(grpc::ServerContext* /*context*/, const v1::SteerRequest* request,
                                   v1::SteerResponse* response) {
  const auto action = wire::from_wire(*request);
  if (!action.ok()) return refused(action.error());
  const auto jobs = backend_.steer(request->target(), *action);
  if (!jobs.ok()) return refused(jobs.error());
  response->set_jobs(*jobs);
  return grpc::Status::OK;
}

grpc::Status ControlService::ListWorkers(grpc::ServerContext* /*context*/,
                                         const v1::ListWorkersRequest* /*request*/,
                                         v1::ListWorkersResponse* response) {
  const auto workers = backend_.workers();
  if (!workers.ok()) return refused(workers.error());
  for (const auto& worker : *workers) wire::to_wire(worker, response->add_workers());
  return grpc::Status::OK;
}

grpc::Status ControlService::stream_end(const grpc::ServerContext& context) const {
  if (stopping_ && !context.IsCancelled()) return refused(Error{ErrorCode::unavailable, "spind is stopping"});
  return {grpc::StatusCode::CANCELLED, "the client is gone"};
}

}  // namespace spin
