#pragma once

#include <string>

#include "schema/base/result.h"

namespace spin {

/// Writes "spind: MESSAGE" to standard error, printable(). Where it cannot be written, it is lost.
void complain(const std::string& message);
/// The same for an error that ends the process, and its exit code.
int fail(const Error& error);

/// Ends what the process has printed on standard output: `exit_code`, or kExitFailed with a complaint where a
/// part of it could not be written.
int after_output(int exit_code);

}  // namespace spin
