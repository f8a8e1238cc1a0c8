#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "schema/sweep/plan.h"
#include "server/core/changes.h"

// A plan of any size, a part at a time.

namespace spin {

/// Jobs of a part. The store commits a part at once: the more, the fewer
/// pages it writes again and again; the fewer, the shorter everybody else waits for the disk.
inline constexpr std::size_t kPartJobs = 2'000;

/// Of a part that has nothing else: each costs the store a small part of a job.
inline constexpr std::size_t kPartComparisons = 10'000;

struct PlanStart {
  std::shared_ptr<const FirstPart> first;  ///< part
  core::PlanDigest full_plan;
};

/// Plans the whole file, so that nothing of a bad one is stored, and keeps the first part. `go_on` is asked
/// now and then, with the number of jobs that were found; false ends it (unavailable).
Result<PlanStart> plan_start(
    const SweepFile& source, const std::function<bool(std::int64_t)>& go_on,
    const std::function<void(const JobId&)>& see = [](const JobId&) {});

/// The parts behind the first `stored` jobs. An error of `take` ends it; `go_on` is asked now and then,
/// false ends it (unavailable).
Status plan_rest(const SweepFile& source, std::int64_t stored, const std::function<bool()>& go_on,
                 const std::function<Status(PlanPart)>& take);

}  // namespace spin
