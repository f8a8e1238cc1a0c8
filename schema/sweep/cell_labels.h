#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "schema/sweep/document.h"
#include "schema/sweep/plan.h"

namespace spin::sweep {

/// Words the cells of one sweep and names their jobs.
class CellLabels {
 public:
  explicit CellLabels(const Document& document);

  void reserve(std::size_t jobs) { names_.reserve(jobs); }
  /// The labels of a cell; `settings` are filled in, `config` is what they ask for.
  [[nodiscard]] Cell label(const Settings& settings, const JobConfig& config) const;
  /// Unique among the names that this object has given.
  std::string job_name(const Cell& cell, const JobConfig& config, const JobId& id);

 private:
  std::vector<const Setting*> shown_;  ///< differ between cells, and no other label shows them
  std::unordered_set<std::string> names_;
};

}  // namespace spin::sweep
