#pragma once

#include <vector>

namespace spin {

/// The signals by which hosts, terminals and people end a process: SIGTERM, and SIGINT and SIGHUP where they
/// are not ignored already, as under nohup or in the background of a script.
std::vector<int> stop_signals();

}  // namespace spin
