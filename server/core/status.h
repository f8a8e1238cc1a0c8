#pragma once

#include "server/core/state.h"
#include "server/core/step.h"

namespace spin::core {

[[nodiscard]] SweepStatus make_status(const Core& core, const Sweep& sweep, Now now);
/// Of all sweeps, in the order of their numbers.
[[nodiscard]] std::vector<SweepStatus> make_statuses(const Core& core, Now now);
/// Share of a running job's work that is done, 0 to 1; none before its first progress.
[[nodiscard]] std::optional<double> share_done(const Attempt& attempt);
/// Of a job that runs, or that has begun and goes on from where it was; none of others.
[[nodiscard]] std::optional<double> share_of(const Core& core, JobKey key);
/// The first time that a sweep gets on in this boot is where its rate of work is measured from.
void note_progress(Step& step, const Job& job);

}  // namespace spin::core
