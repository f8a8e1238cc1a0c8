#pragma once

#include <string_view>

namespace spin::wire {

/// Keeps gRPC initialised until the process ends. Otherwise destroying the last channel or server shuts the
/// library down, and gRPC 1.51 then sometimes waits 10 seconds for a poller that nobody wakes. Call it before
/// the first channel or server of a process; more calls do nothing.
void keep_grpc();

/// gRPC writes nothing to standard error but why it aborts the process, unless GRPC_VERBOSITY asks for more.
/// What matters of the rest comes back as a status. Before the first channel or server of a process.
void hush_grpc();
/// Whether this line of gRPC's log says why it aborts the process.
bool is_last_line(std::string_view message);

}  // namespace spin::wire
