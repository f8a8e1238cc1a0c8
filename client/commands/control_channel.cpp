#include "client/commands/control_channel.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stop_token>
#include <variant>

#include <fmt/format.h>
#include <unistd.h>

#include "proto/wire/error.h"
#include "schema/base/database_lock.h"
#include "schema/base/paths.h"
#include "schema/base/version.h"

namespace spin::cli {
namespace {

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

/// Where else a coordinator of this user listens or may listen; begins with a comma.
std::string whereabouts(const std::string& asked) {
  const auto places = default_addresses();
  std::string text;
  if (std::find(places.begin(), places.end(), asked) != places.end())
    for (const auto& place : places)
      if (place != asked) text += ", nor at " + place;
  const auto holder = who_holds_database(default_database_path());
  if (!holder) return text;
  const auto& at = holder->addresses;
  if (std::find(at.begin(), at.end(), asked) == at.end())
    return fmt::format("{}, but {} has the database {}", text, to_text(*holder),
                       default_database_path().string());
  return fmt::format(
      "{}; {}, runs, but its socket is gone, as when the folder for it is removed at the end of a login: it "
      "listens "
      "again within seconds once that folder is back",
      text, to_text(*holder));
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

}  // namespace

CallContext::CallContext(Interrupt* interrupt, std::optional<std::chrono::seconds> deadline) {
  if (deadline) context_.set_deadline(std::chrono::system_clock::now() + *deadline);
  if (interrupt != nullptr) cancel_.emplace(*interrupt, [this] { context_.TryCancel(); });
}

// A channel that has lost its connection is replaced: gRPC reads from one only while a call waits on it, or
// every five seconds, so that calls which fail at once would keep it from ever noticing that it is connected
// again.
v1::Control::Stub& ControlChannel::stub() {
  if (stub_ == nullptr) stub_ = v1::Control::NewStub(endpoint_.connect(channel_arguments()));
  return *stub_;
}

Error ControlChannel::failure(const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) stub_.reset();
  switch (status.error_code()) {
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
      return {ErrorCode::refused, status.error_message()};
    case grpc::StatusCode::UNAVAILABLE:
      return unreachable(status.error_message());
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return {ErrorCode::unavailable, "the coordinator at " + endpoint_.text() + " did not answer in time"};
    case grpc::StatusCode::UNIMPLEMENTED:
      return status.error_message().empty() ? other_version() : wire::from_grpc(status);
    default:
      return wire::from_grpc(status);
  }
}

Error ControlChannel::stream_failure(const grpc::Status& status) {
  const bool is_ours = interrupt_ != nullptr && interrupt_->stopped();
  if (status.error_code() != grpc::StatusCode::CANCELLED || is_ours) return failure(status);
  return {ErrorCode::resource_exhausted,
          "the coordinator at " + endpoint_.text() + " ended the answer, because it was read too slowly"};
}

/// gRPC has no words of its own for a call that a server does not know.
Error ControlChannel::other_version() const {
  return {
      ErrorCode::failed_precondition,
      fmt::format("the coordinator at {} is of another version, which does not know this command (spinctl "
                  "is {}); `spind --version` on its host says which, and its own spinctl fits",
                  endpoint_.text(), kVersion)};
}

Error ControlChannel::unreachable(const std::string& message) const {
  if (const auto* local = std::get_if<net::UnixAddress>(&endpoint_.address())) {
    const int error = ::access(local->path.c_str(), W_OK) == 0 ? 0 : errno;
    if (error == EACCES)
      return {ErrorCode::refused, "the coordinator at " + endpoint_.text() + " belongs to another user"};
    return absent(error == 0 ? connection_failure(message) : std::strerror(error), "start one with `spind`");
  }
  std::stop_source stop;
  std::optional<Interrupt::OnStop> on_stop;
  if (interrupt_ != nullptr) on_stop.emplace(*interrupt_, [&stop] { stop.request_stop(); });
  const auto failure = endpoint_.explain(message, stop.get_token());
  if (failure && failure->code == ErrorCode::refused) return *failure;
  return absent(failure ? failure->message : connection_failure(message),
                "start one there with `spind --listen`");
}

Error ControlChannel::absent(const std::string& reason, const char* how_to_start) const {
  const bool is_local = std::holds_alternative<net::UnixAddress>(endpoint_.address());
  return {ErrorCode::unavailable,
          fmt::format("no coordinator at {} ({}){}; {}, or train on this machine alone with "
                      "`spinctl run FILE`",
                      endpoint_.text(), reason, is_local ? whereabouts(endpoint_.text()) : "", how_to_start)};
}

}  // namespace spin::cli
