#pragma once

#include <vector>

#include "client/render/table.h"
#include "schema/sweep/key_docs.h"

namespace spin::render {

/// One row per key of the sweep file.
Table key_table(std::vector<sweep::KeyDoc> docs);

}  // namespace spin::render
