#pragma once

#include <memory>
#include <vector>

#include "proto/net/port_claim.h"
#include "schema/base/file.h"
#include "schema/base/result.h"
#include "schema/base/unix_socket.h"

namespace spin {

/// Where connections come in. It is open until it is destroyed. Used by one thread.
class Door {
 public:
  virtual ~Door() = default;
  /// They listen and do not block; none while the door is gone.
  [[nodiscard]] virtual const std::vector<FileDescriptor>& sockets() const = 0;
  /// Now and then: a door that is gone is made again where that can be.
  virtual void look_after() = 0;
};

/// A Unix socket, which may be gone with its folder.
Result<std::unique_ptr<Door>> open_door(SocketClaim claim);
/// A TCP port.
Result<std::unique_ptr<Door>> open_door(net::PortClaim claim);

}  // namespace spin
