#pragma once

#include <memory>
#include <string>

#include "schema/base/unix_socket.h"
#include "server/rpc/backend.h"
#include "server/store/artifacts.h"

namespace spin {

/// The coordinator's gRPC server on a Unix socket that only its owner can reach.
class Server {
 public:
  /// `address` is "unix:PATH". invalid_argument or already_exists where the socket cannot be had (see
  /// SocketClaim); to be asked before anything is opened for writing.
  static Result<SocketClaim> claim(const std::string& address);
  /// The backends and the artifacts outlive the server.
  static Result<std::unique_ptr<Server>> start(SocketClaim claim, FleetBackend& fleet,
                                               ControlBackend& control, ArtifactStore& artifacts);
  virtual ~Server() = default;

  /// Accepts nothing more, ends every stream with unavailable, waits for calls that run, removes the socket.
  virtual void stop() = 0;
};

}  // namespace spin
