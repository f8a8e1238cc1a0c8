#pragma once

#include <cstdint>
#include <optional>

#include "schema/base/result.h"
#include "server/core/changes.h"
#include "server/store/config_parts.h"
#include "server/store/database.h"
#include "server/store/mark_runs.h"

namespace spin {

/// Writes a submitted sweep: its cells, the jobs that are new, and which jobs it has.
class SweepWriter {
 public:
  /// The database outlives the writer.
  static Result<SweepWriter> make(Database& database);
  /// Inside a transaction of the caller.
  Status insert(const core::InsertSweep& change, std::int64_t now_ms);
  Status extend(const core::ExtendSweep& change);
  /// After a transaction that was undone.
  Status forget_undone();
  Status set_data(const core::SetSweepData& change);
  Status set_state(const core::SetSweepState& change);
  Status reach_early(const core::ReachEarly& change);
  Status forget_early(const core::ForgetEarly& change);

 private:
  explicit SweepWriter(Database& database) : database_(&database) {}
  Status insert_part(SweepId sweep, const PlanPart& part, const core::TakenJobs& taken);
  Status insert_data(SweepId sweep, const std::vector<DataPlace>& data);
  Status insert_cells(SweepId sweep, const PlanPart& part);
  Result<std::int64_t> number_of_label(const std::string& text);
  Result<std::int64_t> number_of_network(const Cell& cell);
  Result<std::int64_t> number_of_demand(const Demand& demand);
  Status insert_jobs(const PlanPart& part, const core::TakenJobs& taken);
  Status insert_ranges(SweepId sweep, std::int64_t first, const std::vector<core::JobKey>& keys);
  Status insert_marks(SweepId sweep, const PlanPart& part, const core::TakenJobs& taken);

  Database* database_;
  std::optional<ConfigPartWriter> parts_;
  std::optional<NumberedRows> labels_, demands_;
  std::optional<MarkWriter> marks_;
  Statement insert_sweep_, set_sweep_state_, reach_early_, forget_early_, insert_cell_, compare_cell_,
      insert_job_, insert_input_, insert_range_, forget_data_, insert_data_;
};

}  // namespace spin
