#pragma once

#include "schema/job/upkeep.h"
#include "server/core/coordinator.h"

namespace spin {

/// Whether the rules have asked for something since the start that they do not allow: a defect of spin.
[[nodiscard]] CheckRow check_defects(const core::Coordinator& coordinator);

}  // namespace spin
