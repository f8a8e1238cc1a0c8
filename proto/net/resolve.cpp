#include "proto/net/resolve.h"

#include <array>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

namespace spin::net {
namespace {

// sockaddr_storage may be read as what was stored in it; the two families keep the port in the same place.
static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));

const in_port_t* port_of(const sockaddr_storage& storage) {
  return &reinterpret_cast<const sockaddr_in*>(&storage)->sin_port;
}

}  // namespace

std::uint16_t SocketAddress::port() const { return ntohs(*port_of(storage)); }

void SocketAddress::set_port(std::uint16_t port) { *const_cast<in_port_t*>(port_of(storage)) = htons(port); }

std::string SocketAddress::text() const {
  std::array<char, NI_MAXHOST> host{};
  const auto* address = reinterpret_cast<const sockaddr*>(&storage);
  if (getnameinfo(address, length, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) != 0) return "?";
  return TcpAddress{host.data(), port()}.text();
}

Result<std::vector<SocketAddress>> resolve(const TcpAddress& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(address.host.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    const auto code = error == EAI_AGAIN ? ErrorCode::unavailable : ErrorCode::invalid_argument;
    return Error{code, fmt::format("cannot find host {}: {}", address.host, gai_strerror(error))};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
  std::vector<SocketAddress> found;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    SocketAddress where;
    std::memcpy(&where.storage, at->ai_addr, at->ai_addrlen);
    where.length = at->ai_addrlen;
    where.set_port(address.port);
    found.push_back(where);
  }
  return found;
}

}  // namespace spin::net
