#include "proto/net/endpoint.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "proto/net/comma_free.h"
#include "proto/net/credentials.h"
#include "proto/net/handshake.h"
#include "proto/wire/library.h"
#include "schema/base/percent.h"

namespace spin::net {
namespace {

/// gRPC takes an address for a URI, in which a path may not hold everything that the kernel takes.
std::string uri_of(const UnixAddress& address) {
  const std::string path = comma_free(address.path);
  return (path.starts_with('/') ? "unix://" : "unix:") + percent_encoded(path);
}

}  // namespace

Result<Endpoint> Endpoint::make(const CoordinatorAddress& where) {
  SPIN_ASSIGN(Address address, parse_address(where.text));
  if (const auto* tcp = std::get_if<TcpAddress>(&address)) {
    if (tcp->port == 0)
      return Error{ErrorCode::invalid_argument,
                   "address '" + where.text + "': port 0 is none to connect to; spind says which one it has"};
    SPIN_TRY(check_tls_files(where.tls, Side::client));
  }
  return Endpoint(std::move(address), where);
}

std::shared_ptr<grpc::Channel> Endpoint::connect(grpc::ChannelArguments arguments) const {
  wire::keep_grpc();
  if (const auto* local = std::get_if<UnixAddress>(&address_))
    return grpc::CreateCustomChannel(uri_of(*local), grpc::InsecureChannelCredentials(), arguments);
  // The proxy that a host has for the web is none for its coordinator.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel("dns:///" + std::get<TcpAddress>(address_).text(),
                                   channel_credentials(where_.tls), arguments);
}

void Endpoint::look_again() const {
  if (const auto* local = std::get_if<UnixAddress>(&address_)) comma_free(local->path);
}

std::optional<Error> Endpoint::explain(const std::string& message, const std::stop_token& stop) const {
  const auto* tcp = std::get_if<TcpAddress>(&address_);
  // The beginnings of what gRPC 1.51 says of connections that do not come about.
  const bool is_open = message.starts_with("failed to connect") ||
                       message.starts_with("connections to all") ||
                       message.starts_with("DNS resolution failed");
  return tcp == nullptr || !is_open ? std::nullopt : find_connection_failure(*tcp, where_.tls, stop);
}

}  // namespace spin::net
