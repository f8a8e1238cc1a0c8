#pragma once

#include "server/core/step.h"

namespace spin::core {

/// Cancels a job, or those jobs of a sweep that no other live sweep needs.
void cancel(Step& step, const SteerRequested& event);

}  // namespace spin::core
