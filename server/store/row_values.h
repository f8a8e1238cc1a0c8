#pragma once

#include "schema/base/result.h"
#include "schema/job/views.h"
#include "server/store/database.h"
#include "server/store/reader.h"

// Rows of the reader's statements as values; columns in the order of the members unless said.

namespace spin {

/// Column 0 is the position.
Result<JobRow> job_row(const Rows& rows);
AttemptRow attempt_row(const Rows& rows);
EpochMetrics epoch_metrics(const Rows& rows);
Result<JobResult> job_result(const Rows& rows);
/// Hash, kind, bytes.
Result<ArtifactRef> artifact_ref(const Rows& rows);
/// Column 0 is the position.
ResultRow result_row(const Rows& rows);
/// Name, source, overrides. data_loss where the overrides are not what SweepWriter wrote.
Result<SweepFile> sweep_source(const Rows& rows);
/// Name, host, devices, version, slots, threads, jobs_done, last_seen_ms, labels; offline.
WorkerRow worker_row(const Rows& rows);

}  // namespace spin
