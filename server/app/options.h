#pragma once

#include <string>
#include <variant>

#include "server/app/app.h"

namespace spin {

/// What the command line of spind asks for.
struct DaemonOptions {
  AppOptions app;
  std::string http;  ///< "unix:PATH" or a loopback HOST:PORT; empty = no HTTP
  std::string log_level;
  int ready_fd = -1;  ///< gets a newline once spind serves; -1 = none
  bool exit_with_parent = false;
};

/// An exit code where the process shall end at once (--help, --version, bad usage); what there is to say is
/// printed.
std::variant<DaemonOptions, int> parse_options(int argc, char** argv);

}  // namespace spin
