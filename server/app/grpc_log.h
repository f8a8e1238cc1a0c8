#pragma once

namespace spin {

/// Sends what gRPC complains of, such as handshakes that fail, to the log of spind; so much a minute, so that
/// a stranger who keeps knocking does not fill a disk. Before gRPC's first use; once a process.
void log_grpc();

}  // namespace spin
