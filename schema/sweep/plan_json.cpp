#include <nlohmann/json.hpp>

#include "schema/sweep/plan.h"

namespace spin {
namespace {

using nlohmann::json;

json job_to_json(const PlannedJob& job, const Cost& cost) {
  json depends_on = json::array();
  for (const auto& id : job.depends_on) depends_on.push_back(id.hex());
  return {{"name", job.name},
          {"hash", job.id.hex()},
          {"seed", job.config.seed},
          {"params", cost.params},
          {"flops", cost.flops},
          {"groups", job.config.topology.layers()},
          {"depends_on", std::move(depends_on)},
          {"config", config_to_json(job.config)}};
}

}  // namespace

json plan_to_json(const SweepPlan& plan) {
  json jobs = json::array();
  for (const auto& job : plan.jobs)
    jobs.push_back(job_to_json(job, plan.cells[static_cast<std::size_t>(job.cell)].cost));
  return {{"sweep", plan.name},
          {"jobs", std::move(jobs)},
          {"totals",
           {{"jobs", plan.jobs.size()},
            {"cells", plan.cells.size()},
            {"left_out_by_exclude", plan.left_out_by_exclude},
            {"left_out_by_limits", plan.left_out_by_limits}}}};
}

}  // namespace spin
