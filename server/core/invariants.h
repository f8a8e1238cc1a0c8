#pragma once

#include <string>
#include <vector>

#include "server/core/state.h"

namespace spin::core {

/// A sentence for each thing in the state that contradicts another.
[[nodiscard]] std::vector<std::string> broken_invariants(const Core& core);

}  // namespace spin::core
