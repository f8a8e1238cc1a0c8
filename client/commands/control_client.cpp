#include "client/commands/control_client.h"

#include <cerrno>
#include <optional>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include "proto/wire/control.h"
#include "proto/wire/error.h"
#include "proto/wire/upkeep.h"
#include "schema/base/version.h"
#include "spin/v1/control.grpc.pb.h"

namespace spin::cli {
namespace {

using std::chrono::seconds;

constexpr seconds kCallDeadline{10};
/// A listing of a million jobs streams for some seconds.
constexpr seconds kListingDeadline{120};
constexpr int kMaxReceiveBytes = 256 << 20;
constexpr int kKeepaliveTime_ms = 20'000;
constexpr int kKeepaliveTimeout_ms = 10'000;
constexpr int kConnectTimeout_ms = 5'000;

/// gRPC's word on a failed connection, without what it says of itself: "No such file or directory".
std::string connection_failure(const std::string& message) {
  if (!message.starts_with("failed to connect")) return message;
  const auto last = message.rfind(": ");
  return last == std::string::npos ? message : message.substr(last + 2);
}

grpc::ChannelArguments channel_arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTime_ms);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeout_ms);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // gRPC's name for how long a connection may take to stand.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeout_ms);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  return arguments;
}

/// The context of one call, which the interrupt cancels: at once where it has come already.
class CallContext {
 public:
  CallContext(Interrupt* interrupt, std::optional<seconds> deadline) {
    if (deadline) context_.set_deadline(std::chrono::system_clock::now() + *deadline);
    if (interrupt != nullptr) cancel_.emplace(*interrupt, [this] { context_.TryCancel(); });
  }
  [[nodiscard]] grpc::ClientContext* get() { return &context_; }

 private:
  grpc::ClientContext context_;
  std::optional<Interrupt::OnStop> cancel_;
};

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

struct ControlClient::State {
  State(net::Endpoint where, Interrupt* stop) : endpoint(std::move(where)), interrupt(stop) {}

  const net::Endpoint endpoint;
  Interrupt* const interrupt;
  std::unique_ptr<v1::Control::Stub> channel;

  /// A channel that has lost its connection is replaced: gRPC reads from one only while a call waits on it,
  /// or every five seconds, so that calls which fail at once would keep it from ever noticing that it is
  /// connected again.
  v1::Control::Stub& stub() {
    if (channel == nullptr) channel = v1::Control::NewStub(endpoint.connect(channel_arguments()));
    return *channel;
  }

  [[nodiscard]] Error failure(const grpc::Status& status) {
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE) channel.reset();
    switch (status.error_code()) {
      case grpc::StatusCode::PERMISSION_DENIED:
      case grpc::StatusCode::UNAUTHENTICATED:
        return {ErrorCode::refused, status.error_message()};
      case grpc::StatusCode::UNAVAILABLE:
        return unreachable(status.error_message());
      case grpc::StatusCode::DEADLINE_EXCEEDED:
        return {ErrorCode::unavailable, "the coordinator at " + endpoint.text() + " did not answer in time"};
      case grpc::StatusCode::UNIMPLEMENTED:
        return status.error_message().empty() ? other_version() : wire::from_grpc(status);
      default:
        return wire::from_grpc(status);
    }
  }

  /// gRPC has no words of its own for a call that a server does not know.
  [[nodiscard]] Error other_version() const {
    return {
        ErrorCode::failed_precondition,
        fmt::format("the coordinator at {} is of another version, which does not know this command (spinctl "
                    "is {}); `spind --version` on its host says which, and its own spinctl fits",
                    endpoint.text(), kVersion)};
  }

  [[nodiscard]] Error unreachable(const std::string& message) const {
    if (const auto* local = std::get_if<net::UnixAddress>(&endpoint.address())) {
      if (::access(local->path.c_str(), W_OK) != 0 && errno == EACCES)
        return {ErrorCode::refused, "the coordinator at " + endpoint.text() + " belongs to another user"};
      return absent(connection_failure(message), "start one with `spind`");
    }
    std::stop_source stop;
    std::optional<Interrupt::OnStop> on_stop;
    if (interrupt != nullptr) on_stop.emplace(*interrupt, [&stop] { stop.request_stop(); });
    const auto failure = endpoint.explain(message, stop.get_token());
    if (failure && failure->code == ErrorCode::refused) return *failure;
    return absent(failure ? failure->message : connection_failure(message),
                  "start one there with `spind --listen`");
  }

  [[nodiscard]] Error absent(const std::string& reason, const char* how_to_start) const {
    return {ErrorCode::unavailable,
            fmt::format("no coordinator at {} ({}); {}, or train on this machine alone with "
                        "`spinctl run FILE`",
                        endpoint.text(), reason, how_to_start)};
  }

  /// One unary call.
  template <class Request, class Response>
  Result<Response> call(grpc::Status (v1::Control::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                  Response*),
                        const Request& request, std::optional<seconds> deadline = kCallDeadline) {
    CallContext context(interrupt, deadline);
    Response response;
    const grpc::Status status = (stub().*method)(context.get(), request, &response);
    if (!status.ok()) return failure(status);
    return response;
  }

  /// Hands on every message of a stream until it ends or `each` fails.
  template <class Message, class Each>
  Status drain(CallContext& context, grpc::ClientReader<Message>& reader, const Each& each) {
    Message message;
    Status converted;
    while (converted.ok() && reader.Read(&message)) converted = each(message);
    if (!converted.ok()) context.get()->TryCancel();
    const grpc::Status status = reader.Finish();
    if (!converted.ok() || status.ok()) return converted;
    const bool is_ours = interrupt != nullptr && interrupt->stopped();
    if (status.error_code() == grpc::StatusCode::CANCELLED && !is_ours)
      return Error{ErrorCode::resource_exhausted, "the coordinator at " + endpoint.text() +
                                                      " ended the answer, because it was read too slowly"};
    return failure(status);
  }
};

ControlClient::ControlClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
ControlClient::~ControlClient() = default;
ControlClient::ControlClient(ControlClient&&) noexcept = default;

Result<ControlClient> ControlClient::make(const net::CoordinatorAddress& address, Interrupt* interrupt) {
  SPIN_ASSIGN(net::Endpoint endpoint, net::Endpoint::make(address));
  return ControlClient(std::make_unique<State>(std::move(endpoint), interrupt));
}

Result<Submitted> ControlClient::submit(const SweepFile& sweep, bool replace,
                                        const std::function<void(const SubmitProgress&)>& each) {
  v1::SubmitRequest request;
  request.set_replace(replace);
  request.set_file_name(sweep.file);
  request.set_text(sweep.text);
  for (const auto& entry : sweep.overrides) {
    auto* message = request.add_overrides();
    message->set_path(entry.path);
    message->set_value(entry.value);
  }
  CallContext context(state_->interrupt, {});
  const auto reader = state_->stub().Submit(context.get(), request);
  std::optional<Submitted> submitted;
  const auto show = [&](const v1::SubmitProgress& message) -> Status {
    if (message.has_accepted()) submitted = wire::from_wire(message.accepted());
    each({message.planned(), message.stored()});
    return {};
  };
  SPIN_TRY(state_->drain(context, *reader, show));
  if (submitted) return *submitted;
  return Error{ErrorCode::internal, "the coordinator ended the submission before the sweep was stored"};
}

Result<std::vector<SweepStatus>> ControlClient::status(const std::string& sweep) {
  v1::GetStatusRequest request;
  request.set_sweep(sweep);
  SPIN_ASSIGN(const auto response, state_->call(&v1::Control::Stub::GetStatus, request));
  return all_from_wire<SweepStatus>(response.sweeps());
}

Result<std::vector<JobRow>> ControlClient::jobs(const std::string& sweep) {
  v1::ListJobsRequest request;
  request.set_sweep(sweep);
  CallContext context(state_->interrupt, kListingDeadline);
  const auto reader = state_->stub().ListJobs(context.get(), request);
  std::vector<JobRow> rows;
  const auto add = [&rows](const v1::JobRow& message) -> Status {
    SPIN_ASSIGN(JobRow row, wire::from_wire(message));
    rows.push_back(std::move(row));
    return {};
  };
  SPIN_TRY(state_->drain(context, *reader, add));
  return rows;
}

Result<JobDetail> ControlClient::job(const std::string& job) {
  v1::GetJobRequest request;
  request.set_job(job);
  SPIN_ASSIGN(const auto response, state_->call(&v1::Control::Stub::GetJob, request));
  return wire::from_wire(response);
}

Result<std::vector<ResultRow>> ControlClient::results(const std::string& sweep) {
  v1::GetResultsRequest request;
  request.set_sweep(sweep);
  SPIN_ASSIGN(const auto response, state_->call(&v1::Control::Stub::GetResults, request));
  return all_from_wire<ResultRow>(response.rows());
}

Result<std::int64_t> ControlClient::steer(const std::string& target, const steer::Action& action) {
  v1::SteerRequest request;
  wire::to_wire(action, &request);
  request.set_target(target);
  SPIN_ASSIGN(const auto response, state_->call(&v1::Control::Stub::Steer, request));
  return response.jobs();
}

Result<std::vector<WorkerRow>> ControlClient::workers() {
  SPIN_ASSIGN(const auto response, state_->call(&v1::Control::Stub::ListWorkers, v1::ListWorkersRequest{}));
  return all_from_wire<WorkerRow>(response.workers());
}

Result<int> ControlClient::drain(const std::string& worker) {
  v1::DrainWorkerRequest request;
  request.set_worker(worker);
  SPIN_ASSIGN(const auto response, state_->call(&v1::Control::Stub::Drain, request));
  return response.running();
}

Result<QueryAnswer> ControlClient::query(const std::string& sql, std::int64_t max_rows) {
  v1::QueryRequest request;
  request.set_sql(sql);
  request.set_max_rows(max_rows);
  CallContext context(state_->interrupt, kListingDeadline);
  const auto reader = state_->stub().Query(context.get(), request);
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
  SPIN_TRY(state_->drain(context, *reader, add));
  return answer;
}

Status ControlClient::backup(const std::string& path, bool replace,
                             const std::function<void(const BackupProgress&)>& each) {
  v1::BackupRequest request;
  request.set_path(path);
  request.set_replace(replace);
  CallContext context(state_->interrupt, {});
  const auto reader = state_->stub().Backup(context.get(), request);
  bool is_complete = false;
  const auto show = [&](const v1::BackupProgress& message) -> Status {
    is_complete = message.complete();
    each(wire::from_wire(message));
    return {};
  };
  SPIN_TRY(state_->drain(context, *reader, show));
  if (!is_complete)
    return Error{ErrorCode::internal, "the coordinator ended the backup before it was complete"};
  return {};
}

Result<std::vector<CheckRow>> ControlClient::examine(bool deep) {
  v1::ExamineRequest request;
  request.set_deep(deep);
  SPIN_ASSIGN(const auto response, state_->call(&v1::Control::Stub::Examine, request, std::nullopt));
  return all_from_wire<CheckRow>(response.checks());
}

Status ControlClient::watch(const std::string& sweep, const std::function<void(const SweepStatus&)>& each) {
  v1::WatchRequest request;
  request.set_sweep(sweep);
  CallContext context(state_->interrupt, {});
  const auto reader = state_->stub().Watch(context.get(), request);
  const auto show = [&each](const v1::SweepStatus& message) -> Status {
    SPIN_ASSIGN(const SweepStatus status, wire::from_wire(message));
    each(status);
    return {};
  };
  return state_->drain(context, *reader, show);
}

Status ControlClient::logs(const std::string& job, bool follow,
                           const std::function<void(const LogLine&)>& each) {
  v1::GetLogsRequest request;
  request.set_job(job);
  request.set_follow(follow);
  CallContext context(state_->interrupt, follow ? std::nullopt : std::optional(kListingDeadline));
  const auto reader = state_->stub().GetLogs(context.get(), request);
  const auto show = [&each](const v1::LogLine& message) -> Status {
    each(wire::from_wire(message));
    return {};
  };
  return state_->drain(context, *reader, show);
}

}  // namespace spin::cli
