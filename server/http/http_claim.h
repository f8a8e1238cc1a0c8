#pragma once

#include <memory>
#include <string>

#include "schema/base/result.h"
#include "server/listen/door.h"

namespace spin {

/// Where HTTP is accepted from this machine alone: a Unix socket for its owner, or a loopback port.
struct HttpClaim {
  /// `address` is "unix:PATH", or HOST:PORT with a loopback address; of port 0 the system picks one.
  /// invalid_argument: another kind of address, for nobody has to show a certificate here;
  /// errors as SocketClaim::take() and PortClaim::take().
  static Result<HttpClaim> take(const std::string& address);

  std::string address;  ///< with the port that was picked: "unix:PATH" or "http://HOST:PORT"
  std::unique_ptr<Door> door;
};

}  // namespace spin
