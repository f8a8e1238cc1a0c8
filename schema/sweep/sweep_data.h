#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/sweep/plan.h"

// What a sweep file says of its data, without its jobs.

namespace spin {

/// The `dataset.root` of an imagefolder for which the sweep gives no `dataset.classes`, so that who sees the
/// folder may count them; empty where it gives no root either. Nothing where nothing is to be counted, the
/// data set is one of several, or the file cannot be read, as planning will say.
std::optional<std::string> folder_without_classes(const SweepFile& sweep);

/// SweepPlan::data. Plans the sweep only where it has several data sets.
Result<std::vector<DataPlace>> data_places(const SweepFile& sweep);

}  // namespace spin
