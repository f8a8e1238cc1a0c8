#pragma once

#include <string>

#include "client/render/table.h"
#include "schema/sweep/plan.h"

namespace spin::render {

/// One row per job. The plan outlives the table.
Table plan_table(const SweepPlan& plan);

/// "8 jobs in 8 cells; 2 cells left out by exclude".
std::string plan_summary(const PlanTotals& totals);

}  // namespace spin::render
