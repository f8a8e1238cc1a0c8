#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/base/number_index.h"
#include "schema/sweep/document.h"
#include "schema/sweep/plan.h"

namespace spin::sweep {

/// Words the cells of one sweep.
class CellLabels {
 public:
  explicit CellLabels(const Document& document);

  void reserve(std::size_t cells) { name_hashes_.reserve(cells); }
  /// The labels of a cell, whose name is unique among those that this object has given; `settings` are filled
  /// in, `config` is what they ask for, `first` the first of its jobs.
  [[nodiscard]] Cell label(const PointSettings& settings, const Train& config, const JobId& first);

 private:
  /// False where the name was given already.
  bool note(const std::string& name);

  std::vector<const Setting*> shown_;  ///< differ between cells, and no other label shows them
  // Of a million names their hashes take a tenth of the memory. Of two names with one hash the later is taken
  // for a repetition, and gets what a repetition gets.
  std::vector<std::uint64_t> name_hashes_;
  NumberIndex<std::uint64_t> names_;
};

}  // namespace spin::sweep
