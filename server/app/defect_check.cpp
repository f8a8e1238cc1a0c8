#include "server/app/defect_check.h"

#include <fmt/format.h>

namespace spin {

CheckRow check_defects(const core::Coordinator& coordinator) {
  const auto count = coordinator.counters().defects;
  if (count == 0)
    return {.name = "rules",
            .state = CheckState::ok,
            .found = "no transition of a job was refused since the start",
            .advice = {}};
  const auto& defects = coordinator.defects();
  return {.name = "rules",
          .state = CheckState::warning,
          .found = fmt::format("{} transitions of jobs were refused since the start, first: {}", count,
                               defects.empty() ? "" : defects.front()),
          .advice = "this is a defect of spin and has changed nothing; report it with the log of spind"};
}

}  // namespace spin
