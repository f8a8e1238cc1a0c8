#pragma once

#include <functional>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/job/views.h"
#include "server/store/reader.h"

// What people are shown of jobs: what the store has, with what a coordinator alone knows.

namespace spin {

/// Coordinator::annotate() of a page of rows.
using Annotate = std::function<Result<std::vector<JobRow>>(std::vector<JobRow>)>;

/// Rows in the order of the plan; false from `each` ends it.
Status list_jobs(Reader& reader, SweepId sweep, const Annotate& annotate,
                 const std::function<bool(const JobRow&)>& each);
/// `job` as for Reader::find_job(). Sweeps may share a job, and each has a name of its own for it: SWEEP/NAME
/// gets that of this sweep.
Result<JobDetail> show_job(Reader& reader, const std::string& job, const Annotate& annotate);

}  // namespace spin
