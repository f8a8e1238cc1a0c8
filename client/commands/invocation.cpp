#include "client/commands/invocation.h"

#include <cstdlib>
#include <iostream>

#include "client/commands/terminal.h"
#include "schema/base/paths.h"
#include "schema/base/unix_socket.h"

namespace spin::cli {

int exit_code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::not_found:
    case ErrorCode::already_exists:
    case ErrorCode::failed_precondition:
    case ErrorCode::unsupported:
      return kBadInput;
    case ErrorCode::unavailable:
      return kNoCoordinator;
    case ErrorCode::refused:
      return kRefused;
    case ErrorCode::resource_exhausted:
    case ErrorCode::data_loss:
    case ErrorCode::internal:
      return kWorkFailed;
  }
  return kWorkFailed;
}

void complain(const std::string& message) {
  std::cerr << "spinctl: " << render::printable(message, own_charset()) << std::endl;
}

int report(const Error& error) {
  complain(error.message);
  return exit_code_of(error);
}

net::CoordinatorAddress Invocation::address() const {
  if (!connect.text.empty()) return connect;
  const char* from_environment = std::getenv("SPIN_CONNECT");
  if (from_environment != nullptr && *from_environment != '\0') return {from_environment, connect.tls};
  return {find_own_coordinator(), connect.tls};
}

}  // namespace spin::cli
