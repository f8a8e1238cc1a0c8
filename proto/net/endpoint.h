#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <grpcpp/channel.h>
#include <grpcpp/support/channel_arguments.h>

#include "proto/net/address.h"
#include "proto/net/tls_files.h"

namespace spin::net {

/// Where a coordinator is said to be, and what to show it there.
struct CoordinatorAddress {
  std::string text;  ///< "unix:PATH" or "HOST:PORT"
  TlsFiles tls;      ///< for HOST:PORT
};

/// A coordinator that can be connected to.
class Endpoint {
 public:
  /// invalid_argument where the address is none, or TCP lacks files that would do.
  static Result<Endpoint> make(const CoordinatorAddress& where);

  /// As given, for messages.
  [[nodiscard]] const std::string& text() const { return where_.text; }
  [[nodiscard]] const Address& address() const { return address_; }
  [[nodiscard]] std::shared_ptr<grpc::Channel> connect(grpc::ChannelArguments arguments) const;
  /// Before a call on a channel that may have lost its connection: a coordinator that starts again makes its
  /// socket anew.
  void look_again() const;
  /// Why a call came to nothing that gRPC ended as UNAVAILABLE with this message: see
  /// find_connection_failure(). None where the message says it as well as can be said. Blocks.
  [[nodiscard]] std::optional<Error> explain(const std::string& message, const std::stop_token& stop) const;

 private:
  Endpoint(Address address, CoordinatorAddress where)
      : address_(std::move(address)), where_(std::move(where)) {}
  Address address_;
  CoordinatorAddress where_;
};

}  // namespace spin::net
