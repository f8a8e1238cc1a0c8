#include "schema/sweep/plan_builder.h"

namespace spin::sweep {

PlanBuilder::PlanBuilder(const Document& document) : labels_(document), seeds_(document.seeds) {
  plan_.name = document.name;
  plan_.description = document.description;
  plan_.priority = document.priority;
  plan_.max_attempts = document.max_attempts;
}

void PlanBuilder::reserve(std::size_t cells) {
  plan_.cells.reserve(cells);
  plan_.jobs.reserve(cells * seeds_.size());
  first_job_.reserve(cells);
  cell_of_.reserve(cells);
  labels_.reserve(cells * seeds_.size());
}

int PlanBuilder::add_cell(const Settings& settings, const CheckedConfig& checked) {
  return add(settings, checked, -1);
}

int PlanBuilder::add_cell_after(const Settings& settings, const CheckedConfig& checked, int init) {
  return add(settings, checked, init);
}

int PlanBuilder::add(const Settings& settings, const CheckedConfig& checked, int init) {
  const auto index = static_cast<int>(plan_.cells.size());
  for (std::size_t i = 0; i < seeds_.size(); ++i) {
    PlannedJob job;
    job.cell = index;
    job.config = checked.config;
    job.config.seed = seeds_[i];
    if (init >= 0) {
      job.config.init_from = id_of_job(init, i);
      job.depends_on.push_back(*job.config.init_from);
    }
    job.id = text_.id_of(job.config);
    if (i == 0) {
      const auto [known, is_new] = cell_of_.emplace(job.id, index);
      if (!is_new) return known->second;
      plan_.cells.push_back(labels_.label(settings, checked.config));
      plan_.cells.back().cost = checked.cost;
      first_job_.push_back(plan_.jobs.size());
    }
    job.name = labels_.job_name(plan_.cells.back(), job.config, job.id);
    layers_ += job.config.network.depth;
    plan_.jobs.push_back(std::move(job));
  }
  return index;
}

const JobId& PlanBuilder::id_of_job(int cell, std::size_t seed_index) const {
  return plan_.jobs[first_job_[static_cast<std::size_t>(cell)] + seed_index].id;
}

void PlanBuilder::mark_baseline(int cell, Baseline baseline) {
  auto& marked = plan_.cells[static_cast<std::size_t>(cell)].baseline;
  if (!marked) marked = baseline;
}

void PlanBuilder::compare(int cell, int unshared_cell) {
  plan_.cells[static_cast<std::size_t>(cell)].unshared_cell = unshared_cell;
}

void PlanBuilder::compare(int cell, const JobConfig& unshared, int otherwise) {
  JobConfig config = unshared;
  config.seed = seeds_.front();
  comparisons_.push_back({cell, text_.id_of(config), otherwise});
}

SweepPlan PlanBuilder::take() {
  for (const auto& comparison : comparisons_) {
    const auto found = cell_of_.find(comparison.unshared);
    compare(comparison.cell, found == cell_of_.end() ? comparison.otherwise : found->second);
  }
  return std::move(plan_);
}

}  // namespace spin::sweep
