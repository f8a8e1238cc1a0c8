#pragma once

#include "server/app/options.h"

namespace spin {

/// Serves until SIGTERM, SIGINT or SIGHUP. Returns the exit code of the process; errors are printed.
int run_daemon(const DaemonOptions& options);

}  // namespace spin
