#pragma once

#include "server/core/step.h"

namespace spin::core {

/// A plan becomes a sweep: jobs that are known already are linked, the others made. Refused with nothing
/// changed where the name is taken or the plan is not sound; a repeated submission gets the sweep that it
/// made.
void submit(Step& step, const SweepSubmitted& event);
/// Refused with nothing changed where the sweep is complete or the part is not its next.
void extend(Step& step, const SweepExtended& event);

}  // namespace spin::core
