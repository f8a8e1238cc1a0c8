#pragma once

#include <vector>

#include "schema/sweep/document.h"
#include "schema/sweep/keys.h"

// What a sweep file says beside the design space: name, seeds, limits, baselines, requirements.

namespace spin::sweep {

/// version: 1, and nothing else.
Status check_version(const Source& source, const std::vector<Leaf>& leaves);

/// Reads every other key that is no setting, axis, zip, cell or exclude.
Status read_header(const Source& source, const std::vector<Leaf>& leaves, Document& document);

}  // namespace spin::sweep
