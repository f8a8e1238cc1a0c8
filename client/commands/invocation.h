#pragma once

#include <functional>
#include <string>

#include "proto/net/endpoint.h"
#include "schema/base/result.h"

namespace spin::cli {

// What scripts read; never renumbered.
inline constexpr int kDone = 0;
inline constexpr int kWorkFailed = 1;  ///< a job failed, was blocked or cancelled; or something broke
inline constexpr int kBadInput = 2;
inline constexpr int kNoCoordinator = 3;
inline constexpr int kRefused = 4;

int exit_code_of(const Error& error);

/// Writes "spinctl: MESSAGE" to standard error.
void complain(const std::string& message);
/// The same for an error, and its exit code.
int report(const Error& error);

/// What the command line asks for. Each verb sets `action`, which returns the exit code.
struct Invocation {
  net::CoordinatorAddress connect;  ///< as given with --connect; empty text where it was not
  std::function<int()> action;
  std::string unserved_database;  ///< as given with --db, where no spind serves it; else empty

  /// --connect, else $SPIN_CONNECT, else the user's own spind.
  [[nodiscard]] net::CoordinatorAddress address() const;
};

}  // namespace spin::cli
