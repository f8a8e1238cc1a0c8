#pragma once

#include <string>

#include "server/core/step.h"

namespace spin::core {

struct DependencyView {
  int unmet = 0;         ///< dependencies that have not completed
  ObstacleRef obstacle;  ///< none: nothing stands in the way
};
[[nodiscard]] DependencyView view_dependencies(const Catalogue& catalogue, const Job& job);

/// After a job has completed: those that waited for it go on; those that an earlier failure of it blocked,
/// too.
void release_dependants(Step& step, JobKey key);
/// After a job has failed, diverged or been cancelled: all that need it, however far, are blocked with the
/// reason.
void block_dependants(Step& step, JobKey key);
/// After whatever made a job an obstacle is over: those that it had blocked wait, or are ready.
void unblock_dependants(Step& step, JobKey key);
/// Makes a failed, blocked or cancelled job run again, unless another dependency stands in the way, and with
/// it those that it had blocked.
void revive(Step& step, JobKey key);

}  // namespace spin::core
