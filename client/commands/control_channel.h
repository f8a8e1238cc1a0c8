#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <grpcpp/grpcpp.h>

#include "client/commands/interrupt.h"
#include "proto/net/endpoint.h"
#include "schema/base/result.h"
#include "spin/v1/control.grpc.pb.h"

// How calls reach a coordinator, and what became of those that did not.

namespace spin::cli {

inline constexpr std::chrono::seconds kCallDeadline{10};

/// The context of one call, which the interrupt cancels: at once where it has come already.
class CallContext {
 public:
  CallContext(Interrupt* interrupt, std::optional<std::chrono::seconds> deadline);
  [[nodiscard]] grpc::ClientContext* get() { return &context_; }

 private:
  grpc::ClientContext context_;
  std::optional<Interrupt::OnStop> cancel_;
};

/// A connection to a coordinator that is made with the first call, and anew after one was lost.
class ControlChannel {
 public:
  /// `interrupt` outlives the channel; null where signals end the process.
  ControlChannel(net::Endpoint endpoint, Interrupt* interrupt)
      : endpoint_(std::move(endpoint)), interrupt_(interrupt) {}

  [[nodiscard]] Interrupt* interrupt() const { return interrupt_; }
  v1::Control::Stub& stub();

  /// One unary call.
  template <class Request, class Response>
  Result<Response> call(grpc::Status (v1::Control::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                  Response*),
                        const Request& request,
                        std::optional<std::chrono::seconds> deadline = kCallDeadline) {
    CallContext context(interrupt_, deadline);
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
    return converted.ok() && !status.ok() ? Status(stream_failure(status)) : converted;
  }

 private:
  [[nodiscard]] Error failure(const grpc::Status& status);
  [[nodiscard]] Error stream_failure(const grpc::Status& status);
  [[nodiscard]] Error other_version() const;
  [[nodiscard]] Error unreachable(const std::string& message) const;
  [[nodiscard]] Error absent(const std::string& reason, const char* how_to_start) const;

  const net::Endpoint endpoint_;
  Interrupt* const interrupt_;
  std::unique_ptr<v1::Control::Stub> stub_;
};

}  // namespace spin::cli
