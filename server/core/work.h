#pragma once

#include "schema/design/config.h"
#include "schema/design/cost.h"

namespace spin::core {

/// Predicted training work of a job, in FLOPs of forward passes: epochs x training images x FLOPs per image.
/// Where the number of images is known only where the data lies, the images count as one.
[[nodiscard]] double training_work(const JobConfig& config, const Cost& cost);

}  // namespace spin::core
