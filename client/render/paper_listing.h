#pragma once

#include <vector>

#include "client/render/table.h"
#include "schema/paper/published.h"

namespace spin::render {

/// One row per published network, its numbers as the paper prints them.
Table paper_table(std::vector<PublishedRow> rows);

}  // namespace spin::render
