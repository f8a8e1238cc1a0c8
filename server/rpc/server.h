#pragma once

#include <cstdint>
#include <memory>

#include "server/rpc/backend.h"
#include "server/rpc/listen_claim.h"
#include "server/store/artifacts.h"

namespace spin {

/// The coordinator's gRPC server, on Unix sockets that only their owner can reach and on TCP ports where both
/// sides show certificates.
class Server {
 public:
  /// The backends and the artifacts outlive the server. The claim is to be taken before anything is opened
  /// for writing.
  static Result<std::unique_ptr<Server>> start(ListenClaim claim, FleetBackend& fleet,
                                               ControlBackend& control, ArtifactStore& artifacts);
  virtual ~Server() = default;

  /// Calls that were ended because their peer did not go on. Thread-safe.
  [[nodiscard]] virtual std::int64_t calls_cut_off() = 0;

  /// Accepts nothing more, ends every stream with unavailable, waits for calls that run, removes the sockets.
  virtual void stop() = 0;
};

}  // namespace spin
