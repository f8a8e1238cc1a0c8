#include "server/rpc/control_service.h"

#include <string>
#include <utility>

#include "proto/wire/control.h"
#include "server/rpc/transfer_streams.h"

namespace spin {
namespace {

// Threads of each lane; they are started when needed.
constexpr std::size_t kQuestionThreads = 8;
constexpr std::size_t kOrderThreads = 32;  ///< so many share a commit
constexpr std::size_t kOpeningThreads = 2;
constexpr std::size_t kListingThreads = 16;
constexpr std::size_t kQueryThreads = 4;        ///< each query may take much memory and disk
constexpr std::size_t kSubmissionThreads = 32;  ///< most of them wait for a sweep to grow
constexpr std::size_t kDownloadThreads = 4;     ///< each reads a chunk
/// What may compute for seconds holds up no worker that asks for a job.
constexpr Lane::Share kOfLongCalls = Lane::Share::small;
constexpr int kMaxOverrides = 1000;

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

template <class Message, class Row>
bool write_row(OutStream<Message>& out, const Row& row) {
  Message message;
  wire::to_wire(row, &message);
  return out.write(std::move(message));
}

}  // namespace

ControlService::ControlService(ControlBackend& backend, ArtifactStore& artifacts,
                               std::chrono::milliseconds write_limit, const CallLimits& limits)
    : backend_(backend),
      artifacts_(artifacts),
      calls_(write_limit),
      questions_(limits.short_calls, "short calls", kQuestionThreads),
      orders_(limits.short_calls, "calls that change something", kOrderThreads),
      watches_(limits.watches, "calls of `watch`", kOpeningThreads),
      followers_(limits.followed_logs, "calls of `logs -f`", kOpeningThreads),
      listings_(limits.listings, "listings", kListingThreads, kOfLongCalls),
      queries_(limits.queries, "queries", kQueryThreads, kOfLongCalls),
      submissions_(limits.submissions, "submissions", kSubmissionThreads, kOfLongCalls),
      downloads_(limits.downloads, "downloads", kDownloadThreads, kOfLongCalls),
      upkeep_(limits.upkeep, "backups and examinations", static_cast<std::size_t>(limits.upkeep),
              kOfLongCalls) {}

grpc::ServerWriteReactor<v1::SubmitProgress>* ControlService::Submit(Context* context,
                                                                     const v1::SubmitRequest* request) {
  return produce_on<v1::SubmitProgress>(
      submissions_, calls_, context, [this, request](OutStream<v1::SubmitProgress>& out) -> Status {
        SPIN_TRY(check_submit(*request));
        SweepFile source{request->file_name(), request->text(), {}};
        for (const auto& entry : request->overrides())
          source.overrides.push_back({entry.path(), entry.value()});
        SPIN_ASSIGN(const auto options, wire::from_wire(*request));
        v1::SubmitProgress message;
        const auto submitted = backend_.submit(source, options, [&](const SubmitProgress& progress) {
          message.set_planned(progress.planned);
          message.set_stored(progress.stored);
          return out.write(message);
        });
        if (!submitted.ok()) return submitted.error();
        wire::to_wire(*submitted, message.mutable_accepted());
        out.write(std::move(message));
        return {};
      });
}

ControlService::Unary* ControlService::GetStatus(Context* context, const v1::GetStatusRequest* request,
                                                 v1::GetStatusResponse* response) {
  return answer_on(questions_, context, [this, request, response]() -> Status {
    SPIN_ASSIGN(const auto sweeps, backend_.status(request->sweep()));
    for (const auto& sweep : sweeps) wire::to_wire(sweep, response->add_sweeps());
    return {};
  });
}

grpc::ServerWriteReactor<v1::SweepStatus>* ControlService::Watch(Context* context,
                                                                 const v1::WatchRequest* request) {
  return follow_on<v1::SweepStatus, SweepStatus>(
      watches_, calls_, context, [this, sweep = request->sweep()] { return backend_.watch(sweep); });
}

grpc::ServerWriteReactor<v1::JobRow>* ControlService::ListJobs(Context* context,
                                                               const v1::ListJobsRequest* request) {
  return produce_on<v1::JobRow>(listings_, calls_, context, [this, request](OutStream<v1::JobRow>& out) {
    return backend_.jobs(request->sweep(), [&out](const JobRow& row) { return write_row(out, row); });
  });
}

ControlService::Unary* ControlService::GetJob(Context* context, const v1::GetJobRequest* request,
                                              v1::JobDetail* response) {
  return answer_on(questions_, context, [this, request, response]() -> Status {
    SPIN_ASSIGN(const auto detail, backend_.job(request->job()));
    wire::to_wire(detail, response);
    return {};
  });
}

grpc::ServerWriteReactor<v1::ArtifactChunk>* ControlService::DownloadArtifact(
    Context* context, const v1::DownloadArtifactRequest* request) {
  return DownloadStream::start({artifacts_, downloads_, calls_}, *context, *request);
}

grpc::ServerWriteReactor<v1::LogLine>* ControlService::GetLogs(Context* context,
                                                               const v1::GetLogsRequest* request) {
  if (request->follow())
    return follow_on<v1::LogLine, LogLine>(followers_, calls_, context,
                                           [this, job = request->job()] { return backend_.follow(job); });
  return produce_on<v1::LogLine>(listings_, calls_, context, [this, request](OutStream<v1::LogLine>& out) {
    return backend_.logs(request->job(), [&out](const LogLine& line) { return write_row(out, line); });
  });
}

grpc::ServerWriteReactor<v1::ResultRow>* ControlService::GetResults(Context* context,
                                                                    const v1::GetResultsRequest* request) {
  return produce_on<v1::ResultRow>(
      listings_, calls_, context, [this, request](OutStream<v1::ResultRow>& out) {
        return backend_.results(request->sweep(),
                                [&out](const ResultRow& row) { return write_row(out, row); });
      });
}

ControlService::Unary* ControlService::Steer(Context* context, const v1::SteerRequest* request,
                                             v1::SteerResponse* response) {
  return answer_on(orders_, context, [this, request, response]() -> Status {
    SPIN_ASSIGN(const auto action, wire::from_wire(*request));
    SPIN_ASSIGN(const auto jobs, backend_.steer(request->target(), action));
    response->set_jobs(jobs);
    return {};
  });
}

ControlService::Unary* ControlService::ListWorkers(Context* context,
                                                   const v1::ListWorkersRequest* /*request*/,
                                                   v1::ListWorkersResponse* response) {
  return answer_on(questions_, context, [this, response]() -> Status {
    SPIN_ASSIGN(const auto workers, backend_.workers());
    for (const auto& worker : workers) wire::to_wire(worker, response->add_workers());
    response->set_boot_epoch(backend_.boot_epoch());
    return {};
  });
}

}  // namespace spin
