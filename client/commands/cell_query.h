#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/commands/control_client.h"
#include "schema/sql/selection.h"

namespace spin::cli {

/// Most rows that a listing of results asks for.
inline constexpr std::int64_t kMostCells = 2'000'000;

/// Numbers of the sweeps that these ids and names mean; an error names the one that there is not.
Result<std::vector<std::int64_t>> numbers_of_sweeps(ControlClient& client,
                                                    const std::vector<std::string>& sweeps);
/// The cells of a selection, at most `limit`. Those that stand as their sweeps do are asked for part by part,
/// however many there are; what is sorted has the limits of a query.
Result<QueryAnswer> cells_of(ControlClient& client, const Selection& selection,
                             std::int64_t limit = kMostCells);

}  // namespace spin::cli
