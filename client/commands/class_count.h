#pragma once

#include "schema/base/result.h"
#include "schema/sweep/plan.h"

namespace spin::cli {

/// Where the sweep trains on an image folder and does not say how many classes it has, counts them in the
/// folder and adds `dataset.classes` to what was set. invalid_argument where the folder is not on this host
/// or has no class folders.
Status count_classes(SweepFile& sweep);

}  // namespace spin::cli
