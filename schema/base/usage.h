#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace spin {

/// Of every program of spin.
inline constexpr int kExitUsage = 2;

/// Ends a command line that CLI11 did not take; the exit code of the process. Help and version are no errors.
/// Anything else is bad usage, which `complain` says: a line for standard error, which it makes safe to
/// print, since the line quotes arguments that hold any byte.
template <class Complain>
int usage_exit(const CLI::App& app, const CLI::ParseError& error, const Complain& complain) {
  if (error.get_exit_code() == 0) return app.exit(error);
  complain(std::string(error.what()));
  std::string command = app.get_name();
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    command += " " + at->get_name();
  }
  complain("`" + command + " --help` says what is accepted");
  return kExitUsage;
}

}  // namespace spin
