#pragma once

#include "server/core/step.h"

// A sweep is deleted part by part, its last jobs first, so that what depends on a job goes before it. From
// the request on nobody sees it any more. Jobs that other sweeps share stay.

namespace spin::core {

/// The next part of a sweep that is being deleted and of which nothing else is under way. False where there
/// is none.
bool delete_on(Step& step);

}  // namespace spin::core
