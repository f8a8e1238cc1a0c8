#include "client/commands/control_client.h"

#include <optional>

#include <fmt/format.h>

#include "client/commands/control_channel.h"
#include "proto/wire/control.h"
#include "proto/wire/fleet.h"
#include "proto/wire/upkeep.h"

namespace spin::cli {
namespace {

using std::chrono::seconds;

/// A listing of a million jobs streams for some seconds.
constexpr seconds kListingDeadline{120};

template <class T, class Messages>
Result<std::vector<T>> all_from_wire(const Messages& messages) {
  std::vector<T> values;
  values.reserve(static_cast<std::size_t>(messages.size()));
  for (const auto& message : messages) {
    Result<T> value = wire::from_wire(message);
    if (!value.ok()) return value.error();
    values.push_back(std::move(*value));
  }
  return values;
}

}  // namespace

ControlClient::ControlClient(std::unique_ptr<ControlChannel> channel) : channel_(std::move(channel)) {}
ControlClient::~ControlClient() = default;
ControlClient::ControlClient(ControlClient&&) noexcept = default;

Result<ControlClient> ControlClient::make(const net::CoordinatorAddress& address, Interrupt* interrupt) {
  SPIN_ASSIGN(net::Endpoint endpoint, net::Endpoint::make(address));
  return ControlClient(std::make_unique<ControlChannel>(std::move(endpoint), interrupt));
}

Result<Submitted> ControlClient::submit(const SweepFile& sweep, const SubmissionOptions& options,
                                        const std::function<void(const SubmitProgress&)>& each) {
  v1::SubmitRequest request;
  wire::to_wire(options, &request);
  request.set_file_name(sweep.file);
  request.set_text(sweep.text);
  for (const auto& entry : sweep.overrides) {
    auto* message = request.add_overrides();
    message->set_path(entry.path);
    message->set_value(entry.value);
  }
  CallContext context(channel_->interrupt(), {});
  const auto reader = channel_->stub().Submit(context.get(), request);
  std::optional<Submitted> submitted;
  const auto show = [&](const v1::SubmitProgress& message) -> Status {
    if (message.has_accepted()) submitted = wire::from_wire(message.accepted());
    each({message.planned(), message.stored()});
    return {};
  };
  SPIN_TRY(channel_->drain(context, *reader, show));
  if (submitted) return *submitted;
  return Error{ErrorCode::internal, "the coordinator ended the submission before the sweep was stored"};
}

Result<std::vector<SweepStatus>> ControlClient::status(const std::string& sweep) {
  v1::GetStatusRequest request;
  request.set_sweep(sweep);
  SPIN_ASSIGN(const auto response, channel_->call(&v1::Control::Stub::GetStatus, request));
  return all_from_wire<SweepStatus>(response.sweeps());
}

Result<std::vector<JobRow>> ControlClient::jobs(const std::string& sweep) {
  v1::ListJobsRequest request;
  request.set_sweep(sweep);
  CallContext context(channel_->interrupt(), kListingDeadline);
  const auto reader = channel_->stub().ListJobs(context.get(), request);
  std::vector<JobRow> rows;
  const auto add = [&rows](const v1::JobRow& message) -> Status {
    SPIN_ASSIGN(JobRow row, wire::from_wire(message));
    rows.push_back(std::move(row));
    return {};
  };
  SPIN_TRY(channel_->drain(context, *reader, add));
  return rows;
}

Result<JobDetail> ControlClient::job(const std::string& job) {
  v1::GetJobRequest request;
  request.set_job(job);
  SPIN_ASSIGN(const auto response, channel_->call(&v1::Control::Stub::GetJob, request));
  return wire::from_wire(response);
}

Status ControlClient::download(const ArtifactId& id, const std::function<Status(std::string_view)>& each) {
  v1::DownloadArtifactRequest request;
  request.set_sha256(wire::digest_to_wire(id.digest));
  CallContext context(channel_->interrupt(), {});
  const auto reader = channel_->stub().DownloadArtifact(context.get(), request);
  std::int64_t offset = 0;
  const auto take = [&](const v1::ArtifactChunk& message) -> Status {
    if (message.offset() != offset)
      return Error{ErrorCode::data_loss,
                   fmt::format("the coordinator sent offset {} where {} was due", message.offset(), offset)};
    offset += std::ssize(message.data());
    return each(message.data());
  };
  return channel_->drain(context, *reader, take);
}

Result<std::int64_t> ControlClient::steer(const std::string& target, const steer::Action& action) {
  v1::SteerRequest request;
  wire::to_wire(action, &request);
  request.set_target(target);
  SPIN_ASSIGN(const auto response, channel_->call(&v1::Control::Stub::Steer, request));
  return response.jobs();
}

Result<WorkerListing> ControlClient::workers() {
  SPIN_ASSIGN(const auto response, channel_->call(&v1::Control::Stub::ListWorkers, v1::ListWorkersRequest{}));
  SPIN_ASSIGN(auto rows, all_from_wire<WorkerRow>(response.workers()));
  return WorkerListing{std::move(rows), response.boot_epoch()};
}

Result<DrainBegun> ControlClient::drain(const std::string& worker) {
  v1::DrainWorkerRequest request;
  request.set_worker(worker);
  SPIN_ASSIGN(const auto response, channel_->call(&v1::Control::Stub::Drain, request));
  return DrainBegun{response.running(), response.boot_epoch()};
}

Result<QueryAnswer> ControlClient::query(const std::string& sql, std::int64_t max_rows) {
  v1::QueryRequest request;
  request.set_sql(sql);
  request.set_max_rows(max_rows);
  CallContext context(channel_->interrupt(), kListingDeadline);
  const auto reader = channel_->stub().Query(context.get(), request);
  QueryAnswer answer;
  const auto add = [&answer](const v1::QueryRows& message) -> Status {
    answer.columns.insert(answer.columns.end(), message.columns().begin(), message.columns().end());
    answer.cut = message.cut();
    for (const auto& entry : message.rows()) {
      answer.rows.push_back(wire::from_wire(entry));
      if (answer.rows.back().size() != answer.columns.size())
        return Error{ErrorCode::data_loss,
                     fmt::format("the coordinator sent a row of {} values where there are {} columns",
                                 answer.rows.back().size(), answer.columns.size())};
    }
    return {};
  };
  SPIN_TRY(channel_->drain(context, *reader, add));
  return answer;
}

Status ControlClient::backup(const std::string& name, bool replace,
                             const std::function<void(const BackupProgress&)>& each) {
  v1::BackupRequest request;
  request.set_name(name);
  request.set_replace(replace);
  CallContext context(channel_->interrupt(), {});
  const auto reader = channel_->stub().Backup(context.get(), request);
  bool is_complete = false;
  const auto show = [&](const v1::BackupProgress& message) -> Status {
    is_complete = message.complete();
    each(wire::from_wire(message));
    return {};
  };
  SPIN_TRY(channel_->drain(context, *reader, show));
  if (!is_complete)
    return Error{ErrorCode::internal, "the coordinator ended the backup before it was complete"};
  return {};
}

Result<std::vector<CheckRow>> ControlClient::examine(bool deep) {
  v1::ExamineRequest request;
  request.set_deep(deep);
  SPIN_ASSIGN(const auto response, channel_->call(&v1::Control::Stub::Examine, request, std::nullopt));
  return all_from_wire<CheckRow>(response.checks());
}

Status ControlClient::watch(const std::string& sweep, const std::function<void(const SweepStatus&)>& each) {
  v1::WatchRequest request;
  request.set_sweep(sweep);
  CallContext context(channel_->interrupt(), {});
  const auto reader = channel_->stub().Watch(context.get(), request);
  const auto show = [&each](const v1::SweepStatus& message) -> Status {
    SPIN_ASSIGN(const SweepStatus status, wire::from_wire(message));
    each(status);
    return {};
  };
  return channel_->drain(context, *reader, show);
}

Status ControlClient::logs(const std::string& job, bool follow,
                           const std::function<void(const LogLine&)>& each) {
  v1::GetLogsRequest request;
  request.set_job(job);
  request.set_follow(follow);
  CallContext context(channel_->interrupt(), follow ? std::nullopt : std::optional(kListingDeadline));
  const auto reader = channel_->stub().GetLogs(context.get(), request);
  const auto show = [&each](const v1::LogLine& message) -> Status {
    each(wire::from_wire(message));
    return {};
  };
  return channel_->drain(context, *reader, show);
}

}  // namespace spin::cli
