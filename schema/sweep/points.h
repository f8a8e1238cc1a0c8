#pragma once

#include <vector>

#include "schema/sweep/document.h"
#include "schema/sweep/keys.h"

// How a file sets out the points of its design space: axes, zip, cells, exclude.

namespace spin::sweep {

/// Typed assignments of settings. Refuses two that decide one topology differently.
Result<Point> assignments_of(const Source& source, const std::vector<Leaf>& leaves);

/// Reads the leaf `axes.PATH`, `zip`, `cells` or `exclude` into the document.
Status read_points(const Source& source, const Leaf& leaf, Document& document);

/// No setting may stand in two axes, or in an axis and in cells.
Status check_paths_are_apart(const Source& source, const Document& document);

}  // namespace spin::sweep
