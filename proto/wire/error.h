#pragma once

#include <grpcpp/support/status.h>

#include "schema/base/result.h"

namespace spin::wire {

/// Error <-> gRPC status; the code alone tells a caller that it failed, the message is for a person.
grpc::Status to_grpc(const Error& error);
/// Precondition: !status.ok(). UNAVAILABLE and DEADLINE_EXCEEDED become ErrorCode::unavailable.
Error from_grpc(const grpc::Status& status);

}  // namespace spin::wire
