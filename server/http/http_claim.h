#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proto/net/port_claim.h"
#include "schema/base/file.h"
#include "schema/base/result.h"
#include "schema/base/unix_socket.h"

namespace spin {

/// Sockets on which HTTP is accepted from this machine alone: a Unix socket for its owner, or a loopback
/// port. The Unix socket goes with the object.
class HttpClaim {
 public:
  /// `address` is "unix:PATH", or HOST:PORT with a loopback address; of port 0 the system picks one.
  /// invalid_argument: another kind of address, for nobody has to show a certificate here;
  /// errors as SocketClaim::take() and PortClaim::take().
  static Result<HttpClaim> take(const std::string& address);

  /// Where it can be reached, with the port that was picked: "unix:PATH" or "http://HOST:PORT".
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Those that listen, one for each IP address that the host stands for.
  [[nodiscard]] std::vector<FileDescriptor> take_listening() { return std::move(listening_); }

 private:
  Status listen(SocketClaim claim);
  Status listen(const net::TcpAddress& address);

  std::string text_;
  std::optional<SocketClaim> socket_;
  std::optional<net::PortClaim> port_;
  std::vector<FileDescriptor> listening_;
};

}  // namespace spin
