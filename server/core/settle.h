#pragma once

#include <cstdint>
#include <string>

#include "server/core/step.h"
#include "server/core/unreached.h"

// What people ask of a sweep holds at once for leases, because it is a state of the sweep. The states of its
// jobs follow part by part, so that a sweep of a million jobs holds nobody up.

namespace spin::core {

/// Begins to bring the sweep's jobs to where its state wants them; in place of an earlier pause, resume or
/// cancel that has not reached them all. `reason`: of a cancel. What runs is through when it returns; of a
/// sweep of one part all is, of one that is resumed the first part.
void begin_settling(Step& step, Sweep& sweep, Settlement::Kind kind, std::string reason = {});
/// The same for a retry, beside what else there is to do.
void begin_retry(Step& step, Sweep& sweep, bool failed_only);
/// The next part of a sweep that is not through.
void settle_on(Step& step);
/// Before anybody acts on one job: what its sweeps still have to do with it is done.
void settle_job(Step& step, JobKey key);
/// The same for one of many jobs, of which `unreached` has looked once at all: what is done with one changes
/// nothing of what the sweeps have to do with the others.
void settle_job(Step& step, JobKey key, const Unreached& unreached);

[[nodiscard]] bool is_paused(const Job& job);
[[nodiscard]] bool may_cancel(const Job& job);
[[nodiscard]] bool may_retry(const Job& job, bool failed_only);

}  // namespace spin::core
