#pragma once

#include <optional>
#include <string>

#include "schema/sweep/plan.h"

namespace spin {

/// The `dataset.root` of an imagefolder for which the sweep gives no `dataset.classes`, so that who sees the
/// folder may count them; empty where it gives no root either. Nothing where nothing is to be counted, the
/// data set is one of several, or the file cannot be read, as planning will say.
std::optional<std::string> folder_without_classes(const SweepFile& sweep);

}  // namespace spin
