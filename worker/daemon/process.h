#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "schema/base/file.h"
#include "schema/base/result.h"

namespace spin::daemon {

/// A started process, leader of its own process group, with pipes to its three streams.
struct ChildProcess {
  pid_t pid = -1;
  FileDescriptor input, output, errors;  ///< our ends
};

/// Starts argv[0] (looked for in PATH where it has no slash). The kernel kills the child with SIGKILL when
/// the calling THREAD ends, so call this from one that lives as long as the process. not_found where the
/// program is missing, otherwise internal with the system's reason.
Result<ChildProcess> spawn(const std::vector<std::string>& argv);

}  // namespace spin::daemon
