#pragma once

#include "schema/base/result.h"
#include "server/core/changes.h"
#include "server/store/database.h"

namespace spin {

/// Deletes sweeps and the jobs that only they have. Parts of configurations stay, which other jobs share;
/// their space and that of the rows is used again.
class DeletionWriter {
 public:
  /// The database outlives the writer.
  static Result<DeletionWriter> make(Database& database);
  /// Inside a transaction of the caller.
  Status write(const core::DeleteJobs& change);
  Status write(const core::DeleteSweep& change);

 private:
  Status delete_job(core::JobKey job);

  Statement delete_ranges_, shorten_range_, delete_cells_, delete_sweep_, delete_marks_, delete_data_,
      note_sweep_;
  Statement delete_attempts_, delete_epochs_, delete_result_, delete_superseded_, delete_artifacts_,
      delete_log_, delete_state_, delete_inputs_, delete_job_;
};

}  // namespace spin
