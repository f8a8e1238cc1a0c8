#pragma once

#include <iosfwd>
#include <vector>

#include "client/render/table.h"
#include "schema/sweep/key_docs.h"

namespace spin::render {

/// One row per key of the sweep file.
Table key_table(std::vector<sweep::KeyDoc> docs);

/// For people: each key with type, range and default, and its meaning in lines of its own. A table of them
/// would be wider than any terminal. Written out whole, at most `style.width` columns wide.
void write_keys(std::ostream& out, const std::vector<sweep::KeyDoc>& docs, const Style& style);

}  // namespace spin::render
