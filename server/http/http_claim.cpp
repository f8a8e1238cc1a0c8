#include "server/http/http_claim.h"

#include <utility>
#include <variant>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "proto/net/port_claim.h"
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

}  // namespace

Result<HttpClaim> HttpClaim::take(const std::string& address) {
  SPIN_ASSIGN(const net::Address parsed, net::parse_address(address));
  if (const auto* local = std::get_if<net::UnixAddress>(&parsed)) {
    SPIN_ASSIGN(SocketClaim socket, SocketClaim::take(local->path));
    SPIN_ASSIGN(auto door, open_door(std::move(socket)));
    return HttpClaim{"unix:" + local->path, std::move(door)};
  }
  const auto& port = std::get<net::TcpAddress>(parsed);
  SPIN_TRY(check_loopback(port));
  SPIN_ASSIGN(net::PortClaim claim, net::PortClaim::take(port));
  std::string text = "http://" + claim.address().text();
  SPIN_ASSIGN(auto door, open_door(std::move(claim)));
  return HttpClaim{std::move(text), std::move(door)};
}

}  // namespace spin
