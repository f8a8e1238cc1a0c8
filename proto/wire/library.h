#pragma once

namespace spin::wire {

/// Keeps gRPC initialised until the process ends. Otherwise destroying the last channel or server shuts the
/// library down, and gRPC 1.51 then sometimes waits 10 seconds for a poller that nobody wakes. Call it before
/// the first channel or server of a process; more calls do nothing.
void keep_grpc();

}  // namespace spin::wire
