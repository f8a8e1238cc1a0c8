#pragma once

#include <optional>
#include <stop_token>

#include "proto/net/address.h"
#include "proto/net/tls_files.h"

namespace spin::net {

/// One connection of our own, which finds out what gRPC keeps to itself: why the coordinator cannot be
/// reached (unavailable, a few words) or who does not believe whom (refused, a sentence). None where it takes
/// us, or `stop` comes. Blocks for some seconds at most.
std::optional<Error> find_connection_failure(const TcpAddress& address, const TlsFiles& files,
                                             const std::stop_token& stop);

}  // namespace spin::net
