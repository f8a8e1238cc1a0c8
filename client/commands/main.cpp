#include <exception>
#include <ios>

#include "client/commands/verbs.h"
#include "proto/wire/library.h"
#include "schema/base/last_words.h"
#include "schema/base/standard_streams.h"

int main(int argc, char** argv) {
  spin::open_standard_streams();
  spin::say_last_words("spinctl");
  spin::wire::hush_grpc();
  std::ios::sync_with_stdio(false);
  try {
    return spin::cli::run_command_line(argc, argv);
  } catch (const std::exception& error) {
    return spin::cli::report({spin::ErrorCode::internal, error.what()});
  }
}
