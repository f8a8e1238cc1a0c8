#include "schema/sweep/plan_builder.h"

namespace spin::sweep {

PlanBuilder::PlanBuilder(const Document& document, JobVisitor visit)
    : visit_(std::move(visit)), labels_(document), seeds_(document.seeds) {
  plan_.name = document.name;
  plan_.description = document.description;
  plan_.priority = document.priority;
  plan_.max_attempts = document.max_attempts;
  plan_.requirements = document.requirements;
}

void PlanBuilder::reserve(std::size_t cells) {
  const auto jobs = cells * seeds_.size();
  if (!visit_) {
    plan_.cells.reserve(cells);
    plan_.jobs.reserve(jobs);
  }
  ids_.reserve(jobs);
  cell_of_.reserve(cells);
  labels_.reserve(jobs);
}

int PlanBuilder::add_cell(const Settings& settings, const CheckedConfig& checked, const CellRole& role) {
  const auto index = static_cast<int>(totals_.cells);
  Cell cell;
  PlannedJob job;
  job.cell = index;
  job.config = checked.config;
  for (std::size_t i = 0; i < seeds_.size(); ++i) {
    job.config.seed = seeds_[i];
    if (role.init >= 0) {
      job.config.init_from = id_of_job(role.init, i);
      job.depends_on = {*job.config.init_from};
    }
    job.id = text_.id_of(job.config);
    if (i == 0) {
      const auto [known, is_new] = cell_of_.emplace(job.id, index);
      if (!is_new) return known->second;
      cell = labels_.label(settings, checked.config);
      cell.cost = checked.cost;
      cell.baseline = role.baseline;
      ++totals_.cells;
    }
    job.name = labels_.job_name(cell, job.config, job.id);
    layers_ += job.config.network.depth;
    ids_.push_back(job.id);
    ++totals_.jobs;
    if (visit_)
      visit_(job, cell, text_.last());
    else
      plan_.jobs.push_back(job);
  }
  if (!visit_) plan_.cells.push_back(std::move(cell));
  return index;
}

const JobId& PlanBuilder::id_of_job(int cell, std::size_t seed_index) const {
  return ids_[static_cast<std::size_t>(cell) * seeds_.size() + seed_index];
}

void PlanBuilder::compare(int cell, int unshared_cell) {
  if (visit_) return;
  plan_.cells[static_cast<std::size_t>(cell)].unshared_cell = unshared_cell;
}

void PlanBuilder::compare(int cell, const JobConfig& unshared, int otherwise) {
  if (visit_) return;
  JobConfig config = unshared;
  config.seed = seeds_.front();
  comparisons_.push_back({cell, text_.id_of(config), otherwise});
}

SweepPlan PlanBuilder::take() {
  for (const auto& comparison : comparisons_) {
    const auto found = cell_of_.find(comparison.unshared);
    compare(comparison.cell, found == cell_of_.end() ? comparison.otherwise : found->second);
  }
  plan_.left_out_by_exclude = totals_.left_out_by_exclude;
  plan_.left_out_by_limits = totals_.left_out_by_limits;
  return std::move(plan_);
}

}  // namespace spin::sweep
