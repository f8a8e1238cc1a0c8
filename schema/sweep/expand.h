#pragma once

#include "schema/sweep/document.h"
#include "schema/sweep/plan.h"

namespace spin::sweep {

/// Every job that the document asks for, in the order that SweepPlan promises. Errors name the line of the
/// setting at fault and the first cell concerned.
Result<SweepPlan> expand(const Source& source, const Document& document);

}  // namespace spin::sweep
