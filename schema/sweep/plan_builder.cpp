#include "schema/sweep/plan_builder.h"

#include <optional>
#include <utility>

namespace spin::sweep {

PlanBuilder::PlanBuilder(const Document& document, JobVisitor visit)
    : visit_(std::move(visit)), labels_(document), seeds_(document.seeds) {}

PlanBuilder::PlanBuilder(const Document& document, IdVisitor visit)
    : visit_id_(std::move(visit)), labels_(document), seeds_(document.seeds) {}

void PlanBuilder::reserve(std::size_t cells) {
  cell_keys_.reserve(cells);
  if (visit_) labels_.reserve(cells);
}

Result<int> PlanBuilder::add_cell(const PointSettings& settings, const CheckedConfig& checked,
                                  const CellRole& role) {
  const auto index = static_cast<int>(totals_.cells);
  Cell cell;
  PlannedJob& job = job_;
  job.cell = index;
  job.task = checked.config;
  job.inputs.clear();
  auto& train = std::get<Train>(job.task);
  std::optional<Train> init;
  if (role.init != nullptr) init = *role.init;
  for (std::size_t i = 0; i < seeds_.size(); ++i) {
    train.seed = seeds_[i];
    if (init) {
      init->seed = seeds_[i];
      text_.of(*init);
      train.init_from = ids_.of(text_.last());
      job.inputs = inputs_of(job.task);
    }
    text_.of(train);
    job.id = ids_.of(text_.last());
    if (i == 0) {
      const CellKey key(job.id);
      if (const auto known = cell_of_.find(key, key_of_cell())) return static_cast<int>(*known) - 1;
      cell_keys_.push_back(key);
      ++totals_.cells;
      cell_of_.insert(key, static_cast<std::uint32_t>(totals_.cells), key_of_cell());
      notes_.see(checked.config);
      if (visit_) cell = labels_.label(settings, checked.config, job.id);
      cell.cost = checked.cost;
      if (visit_)
        cell.demand = {title_of(checked.config.dataset), memory_of(job.task), work_of(job.task, cell.cost)};
      cell.unshared_cell = role.unshared;
      cell.baseline = role.baseline;
    }
    ++totals_.jobs;
    SPIN_TRY(visit_id_ ? visit_id_(job.id) : visit_(job, cell, text_.last()));
  }
  if (compares() && checked.config.topology.is_unshared())
    unshared_cells_.emplace(hash_of(checked.config), index);
  return index;
}

int PlanBuilder::find_unshared(std::uint64_t hash) const {
  const auto found = unshared_cells_.find(hash);
  return found == unshared_cells_.end() ? -1 : found->second;
}

void PlanBuilder::compare_later(int cell, std::uint64_t unshared, int otherwise) {
  if (cell < std::ssize(unshared_)) return;  // known from another point, which said the same
  unshared_.resize(static_cast<std::size_t>(cell) + 1);
  unshared_.back() = unshared;
  if (otherwise >= 0) otherwise_.push_back({cell, otherwise});
}

PlanTotals PlanBuilder::take_totals() {
  auto otherwise = otherwise_.begin();
  for (int cell = 0; cell < std::ssize(unshared_); ++cell) {
    const bool has_other = otherwise != otherwise_.end() && otherwise->cell == cell;
    const auto hash = unshared_[static_cast<std::size_t>(cell)];
    if (const int found = hash == 0 ? -1 : find_unshared(hash); found >= 0)
      totals_.comparisons.push_back({cell, found});
    else if (has_other)
      totals_.comparisons.push_back(*otherwise);
    if (has_other) ++otherwise;
  }
  totals_.data = data_.take();
  totals_.notes = notes_.take();
  return std::move(totals_);
}

}  // namespace spin::sweep
