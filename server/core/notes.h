#pragma once

#include <span>

#include "server/core/step.h"

namespace spin::core {

/// See Coordinator::annotate().
void annotate(const Core& core, std::span<JobRow> rows, Now now);

}  // namespace spin::core
