#pragma once

#include <string>
#include <vector>

#include "client/render/table.h"
#include "schema/job/query.h"

namespace spin::render {

/// Rows of the view `cells`, as a query gives them: columns and rows stay with the caller and outlive the
/// tables.
struct CellRows {
  const std::vector<std::string>& columns;
  const std::vector<QueryRow>& rows;
};

/// `chosen`: what everybody sees; where it is empty, people see the usual columns and machines all.
Table cells_table(const CellRows& cells, const std::vector<std::string>& chosen = {});
/// Rows of the view `effects`.
Table effects_table(const CellRows& effects);
/// A line for each data set of which results rest on data that differ.
std::vector<std::string> mixed_data(const CellRows& cells);

}  // namespace spin::render
