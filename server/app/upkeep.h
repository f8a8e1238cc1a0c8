#pragma once

#include <optional>

namespace spin {

/// `spind restore ..` and `spind doctor ..`: what is done to a database that no spind serves. The exit code
/// of the process, with everything said; none where the command line asks for something else.
std::optional<int> run_upkeep(int argc, char** argv);

}  // namespace spin
