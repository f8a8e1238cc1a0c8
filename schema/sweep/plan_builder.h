#pragma once

#include <unordered_map>
#include <vector>

#include "schema/sweep/cell_labels.h"
#include "schema/sweep/config_text.h"
#include "schema/sweep/document.h"
#include "schema/sweep/plan.h"

namespace spin::sweep {

/// A configuration that has passed every check, canonical, without seed and init_from, with its cost.
struct CheckedConfig {
  JobConfig config;
  Cost cost;
};

/// What a cell is to others of its plan.
struct CellRole {
  int init = -1;  ///< the cell whose jobs those of this one start from, seed by seed; -1 = none
  std::shared_ptr<const Baseline> baseline = {};
};

/// Gathers cells and their jobs, or shows them to a visitor; those that train the same are one.
class PlanBuilder {
 public:
  /// With a visitor the builder keeps no more of a job than its identity and its name.
  explicit PlanBuilder(const Document& document, JobVisitor visit = {});

  /// Makes room for a sweep of about so many cells.
  void reserve(std::size_t cells);

  /// Index of the cell, new or known. `settings` word its labels.
  int add_cell(const Settings& settings, const CheckedConfig& checked, const CellRole& role = {});
  /// The cell whose result a cell is compared with.
  void compare(int cell, int unshared_cell);
  /// The same where it is not known yet whether the plan will hold the unshared network; `otherwise` if it
  /// does not.
  void compare(int cell, const JobConfig& unshared, int otherwise);

  /// True where it keeps no jobs.
  [[nodiscard]] bool streams() const { return visit_ != nullptr; }
  /// Layers of all jobs together.
  [[nodiscard]] std::int64_t layers() const { return layers_; }
  PlanTotals& totals() { return totals_; }
  /// The finished plan, without a visitor.
  SweepPlan take();

 private:
  struct Comparison {
    int cell = 0;
    JobId unshared;
    int otherwise = -1;
  };
  [[nodiscard]] const JobId& id_of_job(int cell, std::size_t seed_index) const;

  JobVisitor visit_;
  CellLabels labels_;
  std::vector<std::int64_t> seeds_;
  SweepPlan plan_;
  PlanTotals totals_;
  std::vector<JobId> ids_;                  ///< of all jobs, those of a cell one after the other
  std::unordered_map<JobId, int> cell_of_;  ///< by the job of the first seed
  std::vector<Comparison> comparisons_;
  ConfigText text_;
  std::int64_t layers_ = 0;
};

}  // namespace spin::sweep
