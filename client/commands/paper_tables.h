#pragma once

#include <fmt/format.h>

#include "schema/base/result.h"
#include "schema/paper/published.h"

namespace spin::cli {

/// invalid_argument where the paper has no results in a table of this number.
inline Status check_paper_table(int table) {
  if (!published_rows(table).empty()) return {};
  return Error{ErrorCode::invalid_argument,
               fmt::format("TABLE: the paper has no results in table {}; give 1 to 6 or 8 to 10{}", table,
                           table == 7 ? " (Table 7 repeats rows of 4 to 6)" : "")};
}

}  // namespace spin::cli
