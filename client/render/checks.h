#pragma once

#include <iosfwd>
#include <vector>

#include "client/render/table.h"
#include "schema/job/upkeep.h"

namespace spin::render {

/// One row per check. The rows stay with the caller and outlive the table.
Table checks_table(const std::vector<CheckRow>& rows);

/// For a terminal: a line per check, what to do below it; nothing is cut, for paths are there to be copied.
void write_checks(std::ostream& out, const std::vector<CheckRow>& rows, const Style& style);

}  // namespace spin::render
