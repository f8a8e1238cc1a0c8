#pragma once

#include "schema/sweep/document.h"
#include "schema/sweep/plan_builder.h"

namespace spin::sweep {

/// Gives the builder every cell that the document asks for, in the order that SweepPlan promises. Errors name
/// the line of the setting at fault and the first cell concerned.
Status expand(const Source& source, const Document& document, PlanBuilder& builder);

}  // namespace spin::sweep
