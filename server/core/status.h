#pragma once

#include "server/core/state.h"
#include "server/core/step.h"

namespace spin::core {

[[nodiscard]] SweepStatus make_status(const Core& core, const Sweep& sweep, Now now);
/// Of all sweeps, in the order of their numbers.
[[nodiscard]] std::vector<SweepStatus> make_statuses(const Core& core, Now now);
/// The first time that a sweep gets on in this boot is where its rate of work is measured from.
void note_progress(Step& step, const Job& job);

}  // namespace spin::core
