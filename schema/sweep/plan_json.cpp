#include <ostream>

#include <nlohmann/json.hpp>

#include "schema/design/memory.h"
#include "schema/design/names.h"
#include "schema/sweep/config_text.h"
#include "schema/sweep/plan.h"

namespace spin {
namespace {

using nlohmann::json;

double ratio(std::int64_t a, std::int64_t b) { return static_cast<double>(a) / static_cast<double>(b); }

/// Which shared network a cell is a plain counterpart of, and how near it comes; null for all others.
json baseline_of(const SweepPlan& plan, const Cell& cell) {
  if (!cell.baseline) return nullptr;
  const Cell& shared = plan.cells[static_cast<std::size_t>(cell.baseline->of)];
  return {{"by", enum_name(cell.baseline->by)},
          {"of", shared.network + ' ' + shared.sharing},
          {"params_ratio", ratio(cell.cost.params, shared.cost.params)},
          {"flops_ratio", ratio(cell.cost.flops, shared.cost.flops)}};
}

/// All of a job but its configuration.
json frame_of(const SweepPlan& plan, const PlannedJob& job) {
  const Cell& cell = plan.cells[static_cast<std::size_t>(job.cell)];
  const Cost& cost = cell.cost;
  const auto memory = training_memory(job.config);
  json depends_on = json::array();
  for (const auto& id : job.depends_on) depends_on.push_back(id.hex());
  return {{"name", job.name},
          {"hash", job.id.hex()},
          {"seed", job.config.seed},
          {"params", cost.params},
          {"flops", cost.flops},
          {"trained_params", trained_params(job.config)},
          {"activation_bytes", memory.activations},
          {"training_bytes", memory.total()},
          {"checkpoint_bytes", checkpoint_bytes(job.config)},
          {"groups", job.config.topology.layers()},
          {"depends_on", std::move(depends_on)},
          {"baseline", baseline_of(plan, cell)}};
}

void write_job(const SweepPlan& plan, const PlannedJob& job, sweep::ConfigText& text, std::ostream& out) {
  // The frame's first key follows the configuration, which the writer has as text already.
  out << "{\"config\":" << text.of(job.config) << ','
      << std::string_view(frame_of(plan, job).dump()).substr(1);
}

}  // namespace

json planned_job_to_json(const SweepPlan& plan, const PlannedJob& job) {
  json out = frame_of(plan, job);
  out["config"] = config_to_json(job.config);
  return out;
}

json plan_totals_to_json(const SweepPlan& plan) {
  return {{"jobs", plan.jobs.size()},
          {"cells", plan.cells.size()},
          {"left_out_by_exclude", plan.left_out_by_exclude},
          {"left_out_by_limits", plan.left_out_by_limits}};
}

json plan_to_json(const SweepPlan& plan) {
  json jobs = json::array();
  for (const auto& job : plan.jobs) jobs.push_back(planned_job_to_json(plan, job));
  return {{"sweep", plan.name}, {"jobs", std::move(jobs)}, {"totals", plan_totals_to_json(plan)}};
}

void write_plan_json(const SweepPlan& plan, std::ostream& out) {
  sweep::ConfigText text;
  const char* separator = "\n  ";
  out << "{\"sweep\": " << json(plan.name).dump() << ",\n \"jobs\": [";
  for (const auto& job : plan.jobs) {
    out << separator;
    write_job(plan, job, text, out);
    separator = ",\n  ";
  }
  out << "],\n \"totals\": " << plan_totals_to_json(plan).dump() << "}\n";
}

void write_plan_json_lines(const SweepPlan& plan, std::ostream& out) {
  sweep::ConfigText text;
  for (const auto& job : plan.jobs) {
    write_job(plan, job, text, out);
    out << '\n';
  }
}

}  // namespace spin
