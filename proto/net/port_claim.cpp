#include "proto/net/port_claim.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "proto/net/resolve.h"

namespace spin::net {
namespace {

/// After that long without an acknowledgement of what was sent, a connection is given up.
constexpr int kUnacknowledged_ms = 10'000;

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

SocketAddress ipv6_address(const in6_addr& host) {
  SocketAddress address;
  auto& in6 = reinterpret_cast<sockaddr_in6&>(address.storage);
  in6.sin6_family = AF_INET6;
  in6.sin6_addr = host;
  address.length = sizeof in6;
  return address;
}

/// Not so in many containers, where the addresses are there and nobody may bind them.
bool has_ipv6() {
  auto loopback = ipv6_address(in6addr_loopback);
  const FileDescriptor socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return socket.is_open() && bind(socket.get(), loopback.get(), loopback.length) == 0;
}

bool is_wildcard(const SocketAddress& address) {
  if (address.family() == AF_INET)
    return reinterpret_cast<const sockaddr_in&>(address.storage).sin_addr.s_addr == INADDR_ANY;
  return address.family() == AF_INET6 &&
         IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr);
}

/// An IPv6 socket of the wildcard takes IPv4 connections, too.
bool configure(const FileDescriptor& socket, bool is_dual) {
  const auto set = [&socket](int level, int option, int value) {
    return setsockopt(socket.get(), level, option, &value, sizeof value) == 0;
  };
  return set(SOL_SOCKET, SO_REUSEADDR, 1) && (!is_dual || set(IPPROTO_IPV6, IPV6_V6ONLY, 0)) &&
         // Connections inherit these.
         set(IPPROTO_TCP, TCP_NODELAY, 1) && set(IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledged_ms);
}

/// Binds a socket and completes the port in `where`.
Result<FileDescriptor> bind_socket(const TcpAddress& address, SocketAddress& where) {
  FileDescriptor socket(::socket(where.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open() || !configure(socket, where.family() == AF_INET6 && is_wildcard(where)) ||
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
    if (is_wildcard(where) && has_ipv6()) where = ipv6_address(in6addr_any);
    where.set_port(claim.address_.port);
    // A name may stand for one address twice, or for both wildcards.
    const auto& claimed = claim.endpoints_;
    if (std::find(claimed.begin(), claimed.end(), where.text()) != claimed.end()) continue;
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

Result<std::vector<FileDescriptor>> PortClaim::listen() {
  for (const auto& socket : sockets_)
    if (::listen(socket.get(), SOMAXCONN) != 0) return bind_failure(address_, errno);
  return std::exchange(sockets_, {});
}

}  // namespace spin::net
