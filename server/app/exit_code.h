#pragma once

#include "schema/base/result.h"

namespace spin {

inline constexpr int kExitFailed = 1;
inline constexpr int kExitBadInput = 2;

/// Of a process that ends because of the error.
inline int exit_code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::unavailable:
    case ErrorCode::internal:
    case ErrorCode::resource_exhausted:
      return kExitFailed;
    default:
      return kExitBadInput;
  }
}

}  // namespace spin
