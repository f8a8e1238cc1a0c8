#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"

// What people choose of results, as a statement over the views: every surface that shows them makes its
// statement here.

namespace spin {

/// Cells of sweeps: which, in what order, and against what.
struct Selection {
  std::vector<std::int64_t> sweeps{};  ///< their numbers
  std::vector<std::string> where{};  ///< conditions that all hold: "params<1M", "fusion=mean", "name~strided"
  /// Columns, the first of most weight; the better end first, unless it ends in ":asc" or ":desc". None: as
  /// the sweeps stand.
  std::vector<std::string> sort{};
  std::string front{};     ///< "params", "flops" or "both": those on that front of `pareto`; empty: all
  std::string baseline{};  ///< name of the cell that the differences are to; empty: each cell's own
};

/// All columns of the view `cells`, under their names. invalid_argument names what is wrong in a condition, a
/// column or a front, and what would be accepted.
Result<std::string> statement_of(const Selection& selection);
/// The rows of the view `effects` of an axis; of all where it is empty.
std::string effects_statement(const std::vector<std::int64_t>& sweeps, const std::string& axis);
/// The column of the view `cells` that this is; invalid_argument with the nearest name.
Result<std::string> column_of_cells(const std::string& name);

/// 'it''s'.
std::string sql_quoted(std::string_view text);

}  // namespace spin
