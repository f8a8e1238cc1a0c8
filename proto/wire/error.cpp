#include "proto/wire/error.h"

#include <array>

#include "proto/wire/text.h"
#include "schema/base/text.h"

namespace spin::wire {
namespace {

struct CodePair {
  ErrorCode ours;
  grpc::StatusCode theirs;
};
// The first entry of a gRPC code says what it becomes with us.
constexpr std::array kCodes{
    CodePair{ErrorCode::invalid_argument, grpc::StatusCode::INVALID_ARGUMENT},
    CodePair{ErrorCode::not_found, grpc::StatusCode::NOT_FOUND},
    CodePair{ErrorCode::already_exists, grpc::StatusCode::ALREADY_EXISTS},
    CodePair{ErrorCode::failed_precondition, grpc::StatusCode::FAILED_PRECONDITION},
    CodePair{ErrorCode::unsupported, grpc::StatusCode::UNIMPLEMENTED},
    CodePair{ErrorCode::resource_exhausted, grpc::StatusCode::RESOURCE_EXHAUSTED},
    CodePair{ErrorCode::unavailable, grpc::StatusCode::UNAVAILABLE},
    CodePair{ErrorCode::data_loss, grpc::StatusCode::DATA_LOSS},
    CodePair{ErrorCode::internal, grpc::StatusCode::INTERNAL},
    CodePair{ErrorCode::refused, grpc::StatusCode::PERMISSION_DENIED},
    CodePair{ErrorCode::unavailable, grpc::StatusCode::DEADLINE_EXCEEDED},
    CodePair{ErrorCode::unavailable, grpc::StatusCode::CANCELLED},
    CodePair{ErrorCode::unavailable, grpc::StatusCode::ABORTED},
    CodePair{ErrorCode::invalid_argument, grpc::StatusCode::OUT_OF_RANGE},
    CodePair{ErrorCode::refused, grpc::StatusCode::UNAUTHENTICATED},
};

// A status travels in HTTP/2 trailers of at most 8 KiB, where a byte may take three.
constexpr std::size_t kMessageLimitBytes = 2000;

}  // namespace

grpc::Status to_grpc(const Error& error) {
  grpc::StatusCode code = grpc::StatusCode::INTERNAL;
  for (const auto& pair : kCodes) {
    if (pair.ours != error.code) continue;
    code = pair.theirs;
    break;
  }
  return {code, shortened(valid_utf8(error.message), kMessageLimitBytes)};
}

Error from_grpc(const grpc::Status& status) {
  for (const auto& pair : kCodes)
    if (pair.theirs == status.error_code()) return Error{pair.ours, status.error_message()};
  return Error{ErrorCode::internal, status.error_message()};
}

}  // namespace spin::wire
