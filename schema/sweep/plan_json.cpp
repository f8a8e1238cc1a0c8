#include <ostream>

#include <nlohmann/json.hpp>

#include "schema/sweep/config_text.h"
#include "schema/sweep/plan.h"

namespace spin {
namespace {

using nlohmann::json;

/// All of a job but its configuration.
json frame_of(const SweepPlan& plan, const PlannedJob& job) {
  const Cost& cost = plan.cells[static_cast<std::size_t>(job.cell)].cost;
  json depends_on = json::array();
  for (const auto& id : job.depends_on) depends_on.push_back(id.hex());
  return {{"name", job.name},
          {"hash", job.id.hex()},
          {"seed", job.config.seed},
          {"params", cost.params},
          {"flops", cost.flops},
          {"groups", job.config.topology.layers()},
          {"depends_on", std::move(depends_on)}};
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
  const char* separator = "\n";
  out << "{\"sweep\": " << json(plan.name).dump() << ",\n \"jobs\": [";
  for (const auto& job : plan.jobs) {
    // The frame's first key follows the configuration, which the writer has as text already.
    out << separator << "  {\"config\":" << text.of(job.config) << ','
        << frame_of(plan, job).dump().substr(1);
    separator = ",\n";
  }
  out << "],\n \"totals\": " << plan_totals_to_json(plan).dump() << "}\n";
}

}  // namespace spin
