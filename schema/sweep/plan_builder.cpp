#include "schema/sweep/plan_builder.h"

#include <utility>

namespace spin::sweep {

PlanBuilder::PlanBuilder(const Document& document, JobVisitor visit)
    : visit_(std::move(visit)), labels_(document), seeds_(document.seeds) {}

PlanBuilder::PlanBuilder(const Document& document, IdVisitor visit)
    : visit_id_(std::move(visit)), labels_(document), seeds_(document.seeds) {}

void PlanBuilder::reserve(std::size_t cells) {
  ids_.reserve(cells * seeds_.size());
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
  for (std::size_t i = 0; i < seeds_.size(); ++i) {
    train.seed = seeds_[i];
    if (role.init >= 0) {
      train.init_from = id_of_job(static_cast<std::size_t>(role.init), i);
      job.inputs = inputs_of(job.task);
    }
    job.id = id_of_text(text_.of(train));
    if (i == 0) {
      if (const int known = find_cell(job.id); known >= 0) return known;
      notes_.see(checked.config);
      if (visit_) cell = labels_.label(settings, checked.config, job.id);
      cell.cost = checked.cost;
      if (visit_)
        cell.demand = {title_of(checked.config.dataset), memory_of(job.task), work_of(job.task, cell.cost)};
      cell.unshared_cell = role.unshared;
      cell.baseline = role.baseline;
      ++totals_.cells;
    }
    SPIN_TRY(add_job(job, cell));
    if (i == 0) cell_of_.insert(job.id, static_cast<std::uint32_t>(totals_.cells), id_of_cell());
  }
  if (compares() && checked.config.topology.is_unshared())
    unshared_cells_.emplace(hash_of(checked.config), index);
  return index;
}

Status PlanBuilder::add_job(PlannedJob& job, const Cell& cell) {
  ids_.push_back(job.id);
  ++totals_.jobs;
  if (visit_id_) return visit_id_(job.id);
  return visit_(job, cell, text_.last());
}

int PlanBuilder::find_cell(const JobId& first) const {
  const auto number = cell_of_.find(first, id_of_cell());
  return number ? static_cast<int>(*number) - 1 : -1;
}

std::uint64_t PlanBuilder::hash_of(const Train& config) { return std::hash<std::string>{}(text_.of(config)); }

int PlanBuilder::find_unshared(std::uint64_t hash) const {
  const auto found = unshared_cells_.find(hash);
  return found == unshared_cells_.end() ? -1 : found->second;
}

void PlanBuilder::compare_later(int cell, std::uint64_t unshared, int otherwise) {
  pending_.push_back({unshared, cell, otherwise});
}

PlanTotals PlanBuilder::take_totals() {
  for (const auto& pending : pending_) {
    const int found = find_unshared(pending.unshared);
    const int unshared = found >= 0 ? found : pending.otherwise;
    if (unshared >= 0) totals_.comparisons.push_back({pending.cell, unshared});
  }
  totals_.data = data_.take();
  totals_.notes = notes_.take();
  return std::move(totals_);
}

}  // namespace spin::sweep
