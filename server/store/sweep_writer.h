#pragma once

#include <cstdint>

#include "schema/base/result.h"
#include "server/core/changes.h"
#include "server/store/database.h"

namespace spin {

/// Writes a submitted sweep: its cells, its jobs, and links to the jobs that are known already.
class SweepWriter {
 public:
  /// The database outlives the writer.
  static Result<SweepWriter> make(Database& database);
  /// Inside a transaction of the caller.
  Status insert(const core::InsertSweep& change, std::int64_t now_ms);
  Status set_state(const core::SetSweepState& change);

 private:
  explicit SweepWriter(Database& database) : database_(&database) {}
  Status insert_cells(const core::InsertSweep& change);
  Status insert_job(core::JobKey key, const SweepPlan& plan, const PlannedJob& job, JobState state,
                    std::int64_t memory_bytes);

  Database* database_;
  Statement insert_sweep_, set_sweep_state_, insert_cell_, insert_job_, insert_config_, insert_dependency_,
      insert_sweep_job_;
};

}  // namespace spin
