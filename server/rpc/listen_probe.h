#pragma once

#include <chrono>
#include <string>

#include "schema/base/result.h"

namespace spin {

/// Knocks at an endpoint of our own ("unix:PATH" or a numeric "HOST:PORT", so that no name service is waited
/// for) as a client would. unavailable with the reason where nobody listens, or where a Unix socket takes the
/// connection and nobody speaks: gRPC speaks first there. A TCP port says nothing before the handshake, so
/// that whoever takes the connection has answered.
Status probe_listener(const std::string& endpoint, std::chrono::milliseconds limit);

}  // namespace spin
