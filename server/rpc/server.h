#pragma once

#include <memory>
#include <string>

#include "server/rpc/backend.h"
#include "server/store/artifacts.h"

namespace spin {

/// The coordinator's gRPC server on a Unix socket that only its owner can reach.
class Server {
 public:
  /// `address` is "unix:PATH". invalid_argument or already_exists where the socket cannot be had (see
  /// SocketClaim). The backends and the artifacts outlive the server.
  static Result<std::unique_ptr<Server>> start(const std::string& address, FleetBackend& fleet,
                                               ControlBackend& control, ArtifactStore& artifacts);
  virtual ~Server() = default;

  /// Accepts nothing more, ends every stream with unavailable, waits for calls that run, removes the socket.
  virtual void stop() = 0;
};

}  // namespace spin
