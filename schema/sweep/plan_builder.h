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

/// Gathers cells and their jobs; those that train the same are one.
class PlanBuilder {
 public:
  explicit PlanBuilder(const Document& document);

  /// Makes room for a sweep of about so many cells.
  void reserve(std::size_t cells);

  /// Index of the cell, new or known. `settings` word its labels.
  int add_cell(const Settings& settings, const CheckedConfig& checked);
  /// A cell whose jobs start from those of the cell `init`, seed by seed.
  int add_cell_after(const Settings& settings, const CheckedConfig& checked, int init);
  /// Says what a cell is there for, unless something is said already.
  void mark_baseline(int cell, Baseline baseline);
  /// The cell whose result a cell is compared with.
  void compare(int cell, int unshared_cell);
  /// The same where it is not known yet whether the plan will hold the unshared network; `otherwise` if it
  /// does not.
  void compare(int cell, const JobConfig& unshared, int otherwise);

  /// Layers of all jobs together.
  [[nodiscard]] std::int64_t layers() const { return layers_; }
  SweepPlan& plan() { return plan_; }
  /// The finished plan.
  SweepPlan take();

 private:
  struct Comparison {
    int cell = 0;
    JobId unshared;
    int otherwise = -1;
  };
  int add(const Settings& settings, const CheckedConfig& checked, int init);
  [[nodiscard]] const JobId& id_of_job(int cell, std::size_t seed_index) const;

  CellLabels labels_;
  std::vector<std::int64_t> seeds_;
  SweepPlan plan_;
  std::vector<std::size_t> first_job_;      ///< of each cell; one job per seed follows
  std::unordered_map<JobId, int> cell_of_;  ///< by the job of the first seed
  std::vector<Comparison> comparisons_;
  ConfigText text_;
  std::int64_t layers_ = 0;
};

}  // namespace spin::sweep
