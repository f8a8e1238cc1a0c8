#include "proto/net/port_claim.h"

#include <cerrno>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "proto/net/resolve.h"

namespace spin::net {
namespace {

Error bind_failure(const TcpAddress& address, int error) {
  const std::string text = address.text();
  switch (error) {
    case EADDRINUSE:
      return {ErrorCode::already_exists,
              fmt::format("port {} is taken: another process listens at {}", address.port, text)};
    case EADDRNOTAVAIL:
      return {
          ErrorCode::invalid_argument,
          fmt::format("cannot listen at {}: {} is no address of this machine; one of its own is accepted, "
                      "or 0.0.0.0 for all of them",
                      text, address.host)};
    case EACCES:
      return {
          ErrorCode::invalid_argument,
          fmt::format("cannot listen at {}: ports below 1024 are for root; a higher port is accepted", text)};
    default:
      return {ErrorCode::invalid_argument,
              fmt::format("cannot listen at {}: {}", text, std::strerror(error))};
  }
}

/// Binds a socket and completes the port in `where`.
Result<FileDescriptor> bind_socket(const TcpAddress& address, SocketAddress& where) {
  FileDescriptor socket(::socket(where.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!socket.is_open() || setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(socket.get(), where.get(), where.length) != 0 ||
      getsockname(socket.get(), where.get(), &where.length) != 0)
    return bind_failure(address, errno);
  return socket;
}

}  // namespace

Result<PortClaim> PortClaim::take(const TcpAddress& address) {
  PortClaim claim(address);
  SPIN_ASSIGN(auto found, resolve(address));
  std::optional<Error> failure;
  for (auto& where : found) {
    where.set_port(claim.address_.port);
    auto socket = bind_socket(claim.address_, where);
    if (!socket.ok() && socket.error().code == ErrorCode::already_exists) return socket.error();
    if (!socket.ok()) {
      failure = socket.error();
      continue;
    }
    claim.address_.port = where.port();
    claim.endpoints_.push_back(where.text());
    claim.sockets_.push_back(std::move(*socket));
  }
  // localhost stands for ::1, too, which a machine without IPv6 has not got.
  if (claim.sockets_.empty()) return *failure;
  return claim;
}

}  // namespace spin::net
