#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <unordered_map>
#include <vector>

#include "schema/base/number_index.h"
#include "schema/design/config_text.h"
#include "schema/sweep/cell_labels.h"
#include "schema/sweep/document.h"
#include "schema/sweep/plan.h"
#include "schema/sweep/plan_data.h"
#include "schema/sweep/plan_notes.h"

namespace spin::sweep {

/// A configuration that has passed every check, canonical, without seed and init_from, with its cost.
struct CheckedConfig {
  Train config;
  Cost cost;
};

/// What a cell is to others of its plan.
struct CellRole {
  const Train* init = nullptr;  ///< a cell of the plan whose jobs those of this one start from, seed by seed
  int unshared = -1;            ///< the cell that it is compared with; -1 = none is known
  std::shared_ptr<const Baseline> baseline = {};
};

/// Tells cells apart: half of the identity of the job of the first seed.
struct CellKey {
  CellKey() = default;
  explicit CellKey(const JobId& first) { std::memcpy(words.data(), first.digest.bytes.data(), sizeof words); }
  bool operator==(const CellKey&) const = default;

  std::array<std::uint64_t, 2> words{};
};

}  // namespace spin::sweep

template <>
struct std::hash<spin::sweep::CellKey> {
  std::size_t operator()(const spin::sweep::CellKey& key) const noexcept { return key.words[0]; }
};

namespace spin::sweep {

/// Numbers cells and their jobs, those that train the same once, and shows them to a visitor. Keeps little of
/// a cell, and nothing of a job.
class PlanBuilder {
 public:
  PlanBuilder(const Document& document, JobVisitor visit);
  /// Words no labels, gives no names and makes no comparisons.
  PlanBuilder(const Document& document, IdVisitor visit);

  /// Makes room for a sweep of about so many cells.
  void reserve(std::size_t cells);

  /// Before add_cell(): invalid_argument where the plan has the same data in another place.
  Status see_data(const Dataset& canonical_dataset) { return data_.see(canonical_dataset); }
  /// Index of the cell, new or known. `settings` word its labels. An error is the visitor's.
  Result<int> add_cell(const PointSettings& settings, const CheckedConfig& checked,
                       const CellRole& role = {});
  /// Whether anybody is told which cells are compared.
  [[nodiscard]] bool compares() const { return visit_ != nullptr; }
  /// Tells canonical configurations of unshared networks apart; there are so few of them that 64 bits do.
  [[nodiscard]] std::uint64_t hash_of(const Train& config) { return text_.hash_of(config); }
  /// The cell of the unshared network; -1 = not yet in the plan.
  [[nodiscard]] int find_unshared(std::uint64_t hash) const;
  /// The cell, one that was just added, is compared with that of `unshared`, or if the plan will not hold it
  /// with `otherwise`, unless that is -1.
  void compare_later(int cell, std::uint64_t unshared, int otherwise);

  PlanTotals& totals() { return totals_; }
  /// A point of the design space asked for this cell; `as_written` gives the words of the point.
  template <class AsWritten>
  void note_point(int cell, AsWritten as_written) {
    notes_.see_point(cell, as_written);
  }
  /// Once every cell is there.
  PlanTotals take_totals();

 private:
  /// Numbers of cells are one more than their indices.
  [[nodiscard]] auto key_of_cell() const {
    return [this](std::uint32_t number) { return cell_keys_[number - 1]; };
  }

  JobVisitor visit_;
  IdVisitor visit_id_;
  CellLabels labels_;
  std::vector<std::int64_t> seeds_;
  PlanTotals totals_;
  std::vector<CellKey> cell_keys_;
  NumberIndex<CellKey> cell_of_;
  std::unordered_map<std::uint64_t, int> unshared_cells_;  ///< by hash_of() their configurations
  std::vector<std::uint64_t> unshared_;  ///< by cell: that it is to be compared with, by its hash; 0 = none
  std::vector<Comparison> otherwise_;    ///< see compare_later()
  PlanData data_;
  PlanNotes notes_;
  ConfigText text_;
  JobIds ids_;
  PlannedJob job_;  ///< of add_cell(), which uses its memory again
};

}  // namespace spin::sweep
