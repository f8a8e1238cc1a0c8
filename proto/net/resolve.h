#pragma once

#include <string>
#include <vector>

#include <sys/socket.h>

#include "proto/net/address.h"

namespace spin::net {

/// An IPv4 or IPv6 address with its port, as the kernel takes it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
  [[nodiscard]] std::uint16_t port() const;
  void set_port(std::uint16_t port);
  /// Numeric HOST:PORT.
  [[nodiscard]] std::string text() const;
};

/// The addresses that a host stands for, at least one. invalid_argument where there is none; unavailable
/// where name service does not answer. May wait for name service.
Result<std::vector<SocketAddress>> resolve(const TcpAddress& address);

}  // namespace spin::net
