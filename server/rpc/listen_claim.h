#pragma once

#include <string>
#include <utility>
#include <vector>

#include "proto/net/port_claim.h"
#include "proto/net/tls_files.h"
#include "schema/base/unix_socket.h"

namespace spin {

/// The right to listen at some addresses, held until it is destroyed: Unix sockets for their owner, TCP ports
/// with mutual TLS.
class ListenClaim {
 public:
  /// Each address is "unix:PATH" or "HOST:PORT", at least one. invalid_argument or already_exists with the
  /// reason where one of them cannot be had, or TCP lacks files that would do.
  static Result<ListenClaim> take(const std::vector<std::string>& addresses, const net::TlsFiles& tls);

  /// As given, with the port where the system picked one.
  [[nodiscard]] const std::vector<std::string>& addresses() const { return addresses_; }
  /// The same as the kernel has them: "unix:PATH", and a numeric HOST:PORT for each IP address that a host
  /// stands for.
  [[nodiscard]] const std::vector<std::string>& endpoints() const { return endpoints_; }
  /// Once.
  [[nodiscard]] std::vector<SocketClaim> take_sockets() { return std::exchange(sockets_, {}); }
  /// Once.
  [[nodiscard]] std::vector<net::PortClaim> take_ports() { return std::exchange(ports_, {}); }
  [[nodiscard]] const net::TlsFiles& tls() const { return tls_; }

 private:
  explicit ListenClaim(net::TlsFiles tls) : tls_(std::move(tls)) {}
  Status add(const net::UnixAddress& address);
  Status add(const net::TcpAddress& address);

  net::TlsFiles tls_;
  std::vector<std::string> addresses_, endpoints_;
  std::vector<SocketClaim> sockets_;
  std::vector<net::PortClaim> ports_;
};

}  // namespace spin
