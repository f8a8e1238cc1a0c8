#include "schema/sweep/plan_builder.h"

#include <utility>

namespace spin::sweep {

PlanBuilder::PlanBuilder(const Document& document, JobVisitor visit)
    : visit_(std::move(visit)), labels_(document), seeds_(document.seeds) {}

void PlanBuilder::reserve(std::size_t cells) { ids_.reserve(cells * seeds_.size()); }

Result<int> PlanBuilder::add_cell(const Settings& settings, const CheckedConfig& checked,
                                  const CellRole& role) {
  const auto index = static_cast<int>(totals_.cells);
  Cell cell;
  PlannedJob job;
  job.cell = index;
  job.config = checked.config;
  for (std::size_t i = 0; i < seeds_.size(); ++i) {
    job.config.seed = seeds_[i];
    if (role.init >= 0) {
      job.config.init_from = id_of_job(static_cast<std::size_t>(role.init), i);
      job.depends_on = {*job.config.init_from};
    }
    job.id = text_.id_of(job.config);
    if (i == 0) {
      if (const int known = find_cell(job.id); known >= 0) return known;
      cell = labels_.label(settings, checked.config);
      cell.cost = checked.cost;
      cell.unshared_cell = role.unshared;
      cell.baseline = role.baseline;
      ++totals_.cells;
    }
    SPIN_TRY(add_job(job, cell));
    if (i == 0) cell_of_.insert(job.id, static_cast<std::uint32_t>(totals_.cells), first_id());
  }
  return index;
}

Status PlanBuilder::add_job(PlannedJob& job, const Cell& cell) {
  job.name = labels_.job_name(cell, job.config, job.id);
  ids_.push_back(job.id);
  ++totals_.jobs;
  return visit_(job, cell, text_.last());
}

int PlanBuilder::find_cell(const JobId& first) const {
  const auto number = cell_of_.find(first, first_id());
  return number ? static_cast<int>(*number) - 1 : -1;
}

int PlanBuilder::find_cell(JobConfig config) {
  config.seed = seeds_.front();
  return find_cell(text_.id_of(config));
}

void PlanBuilder::compare_later(int cell, const JobConfig& unshared, int otherwise) {
  JobConfig config = unshared;
  config.seed = seeds_.front();
  pending_.push_back({cell, text_.id_of(config), otherwise});
}

PlanTotals PlanBuilder::take_totals() {
  for (const auto& pending : pending_) {
    const int found = find_cell(pending.unshared);
    const int unshared = found >= 0 ? found : pending.otherwise;
    if (unshared >= 0) totals_.comparisons.push_back({pending.cell, unshared});
  }
  return std::move(totals_);
}

}  // namespace spin::sweep
