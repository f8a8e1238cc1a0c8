#pragma once

#include <string>
#include <vector>

#include "client/render/table.h"
#include "schema/job/query.h"

namespace spin::render {

/// What a query answered. Columns of one name get numbers ("x", "x:2") for machines, which need each once.
/// Columns and rows stay with the caller and outlive the table; each row is as wide as the columns.
Table query_table(const std::vector<std::string>& columns, const std::vector<QueryRow>& rows);

}  // namespace spin::render
