#pragma once

#include <string>
#include <vector>

#include "proto/net/address.h"
#include "schema/base/file.h"

namespace spin::net {

/// A TCP port that is ours to listen at: bound from before anything else is opened, so that a port that
/// cannot be had is refused with the system's reason, and one that the system picks is known.
class PortClaim {
 public:
  /// Port 0: the system picks one. invalid_argument: no address of this machine, or not allowed;
  /// already_exists: somebody listens there.
  static Result<PortClaim> take(const TcpAddress& address);

  /// The address as given, with the port that was picked.
  [[nodiscard]] const TcpAddress& address() const { return address_; }
  /// Numeric HOST:PORT, one for each IP address that the host stands for; either wildcard is one for all
  /// addresses of the machine, IPv4 and IPv6.
  [[nodiscard]] const std::vector<std::string>& endpoints() const { return endpoints_; }

  /// Sockets that listen there and do not block. Once. already_exists where another process listens there by
  /// now.
  Result<std::vector<FileDescriptor>> listen();

 private:
  explicit PortClaim(TcpAddress address) : address_(std::move(address)) {}
  TcpAddress address_;
  std::vector<std::string> endpoints_;
  std::vector<FileDescriptor> sockets_;  ///< bound
};

}  // namespace spin::net
