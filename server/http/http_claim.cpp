#include "server/http/http_claim.h"

#include <cerrno>
#include <cstring>
#include <variant>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "proto/net/resolve.h"

namespace spin {
namespace {

bool is_loopback(const net::SocketAddress& address) {
  if (address.family() == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(&address.storage);
    return (ntohl(in->sin_addr.s_addr) >> 24U) == IN_LOOPBACKNET;
  }
  const auto* in6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
  return address.family() == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

Status check_loopback(const net::TcpAddress& address) {
  SPIN_ASSIGN(const auto found, net::resolve(address));
  for (const auto& one : found)
    if (!is_loopback(one))
      return Error{
          ErrorCode::invalid_argument,
          fmt::format("--http {}: other machines could reach that, and nobody has to show a certificate "
                      "there; 127.0.0.1:PORT, [::1]:PORT and unix:PATH are accepted",
                      address.text())};
  return {};
}

/// Beside the claim, which has bound the same address.
Result<FileDescriptor> listen_at(net::SocketAddress where) {
  FileDescriptor socket(::socket(where.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (!socket.is_open() || setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(socket.get(), where.get(), where.length) != 0 || ::listen(socket.get(), SOMAXCONN) != 0)
    return Error{ErrorCode::already_exists,
                 fmt::format("--http: cannot listen at {}: {}", where.text(), std::strerror(errno))};
  return socket;
}

}  // namespace

Result<HttpClaim> HttpClaim::take(const std::string& address) {
  HttpClaim claim;
  SPIN_ASSIGN(const net::Address parsed, net::parse_address(address));
  if (const auto* local = std::get_if<net::UnixAddress>(&parsed)) {
    SPIN_ASSIGN(SocketClaim socket, SocketClaim::take(local->path));
    SPIN_TRY(claim.listen(std::move(socket)));
  } else {
    SPIN_TRY(claim.listen(std::get<net::TcpAddress>(parsed)));
  }
  return claim;
}

Status HttpClaim::listen(SocketClaim claim) {
  text_ = "unix:" + claim.path();
  SPIN_ASSIGN(FileDescriptor listening, claim.listen());
  listening_.push_back(std::move(listening));
  socket_.emplace(std::move(claim));
  return {};
}

Status HttpClaim::listen(const net::TcpAddress& address) {
  SPIN_TRY(check_loopback(address));
  SPIN_ASSIGN(net::PortClaim claim, net::PortClaim::take(address));
  text_ = "http://" + claim.address().text();
  SPIN_ASSIGN(auto found, net::resolve(claim.address()));
  for (auto& where : found) {
    auto socket = listen_at(where);
    // localhost stands for ::1, too, which a machine without IPv6 has not got.
    if (socket.ok()) listening_.push_back(std::move(*socket));
    if (!socket.ok() && listening_.empty() && &where == &found.back()) return socket.error();
  }
  port_.emplace(std::move(claim));
  return {};
}

}  // namespace spin
