#pragma once

#include "client/render/log_chart.h"
#include "client/render/table.h"
#include "schema/space/search_space.h"

namespace spin::render {

/// One row per way to count, with every digit and the decimal logarithm. The space has passed check_space().
Table space_table(const SearchSpace& space);

/// Deepest network of which a figure is drawn.
inline constexpr int kMaxFigureLayers = 256;
/// SPIN, Figure 5: the size of the staged search space over the tensors, a line per length of the stages.
/// `layers` is 1 to kMaxFigureLayers.
LogChart space_figure(int layers);

}  // namespace spin::render
