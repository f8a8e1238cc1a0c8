#pragma once

#include "schema/job/upkeep.h"
#include "server/core/coordinator.h"

namespace spin {

/// Whether something hinders workers that are attached: a full disk, a quarantine.
[[nodiscard]] CheckRow check_workers(const core::Coordinator& coordinator);

}  // namespace spin
