#pragma once

#include <string>

namespace spin::net {

/// A path without a comma that leads to the socket at `path`, for gRPC, which takes an address for a list and
/// splits it there; the path itself where it has none. It is good for the whole process, and leads to the
/// socket that was there at the last call: a server that starts again makes another one. Thread-safe.
std::string comma_free(const std::string& path);

}  // namespace spin::net
