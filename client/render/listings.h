#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "client/render/table.h"
#include "schema/job/views.h"

// Tables of what the coordinator tells. The rows stay with the caller and outlive the table.

namespace spin::render {

Tone state_tone(JobState state);
/// Share of the sweep's training work that is done, 0 to 1.
double share_done(const SweepStatus& status);

Table jobs_table(const std::vector<JobRow>& rows);
/// `now_ms`: wall clock, Unix.
Table workers_table(const std::vector<WorkerRow>& rows, std::int64_t now_ms);
Table status_table(const std::vector<SweepStatus>& rows, std::int64_t now_ms);
Table running_table(const std::vector<RunningJob>& rows);
Table attempts_table(const std::vector<AttemptRow>& rows);
Table epochs_table(const std::vector<EpochMetrics>& rows);

}  // namespace spin::render
