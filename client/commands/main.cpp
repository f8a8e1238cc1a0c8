#include <cstdlib>
#include <exception>
#include <ios>

#include "client/commands/verbs.h"
#include "schema/base/standard_streams.h"

int main(int argc, char** argv) {
  spin::open_standard_streams();
  std::ios::sync_with_stdio(false);
  // gRPC writes its own lines to standard error; what matters of them comes back as a status.
  ::setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  try {
    return spin::cli::run_command_line(argc, argv);
  } catch (const std::exception& error) {
    return spin::cli::report({spin::ErrorCode::internal, error.what()});
  }
}
