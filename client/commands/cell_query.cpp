#include "client/commands/cell_query.h"

#include <iterator>

#include "schema/sql/view_docs.h"

namespace spin::cli {
namespace {

constexpr std::int64_t kCellsOfPart = 20'000;

Result<std::int64_t> count_cells(ControlClient& client, std::int64_t sweep) {
  SPIN_ASSIGN(const auto answer,
              client.query("SELECT count(*) FROM labelled_cell WHERE sweep = " + std::to_string(sweep), 1));
  return std::get<std::int64_t>(answer.rows.at(0).at(0));
}

Selection part_of(Selection selection, std::int64_t sweep, std::int64_t first) {
  selection.sweeps = {sweep};
  selection.where.push_back("cell>=" + std::to_string(first));
  selection.where.push_back("cell<" + std::to_string(first + kCellsOfPart));
  selection.sort = {"cell:asc"};
  return selection;
}

}  // namespace

Result<std::vector<std::int64_t>> numbers_of_sweeps(ControlClient& client,
                                                    const std::vector<std::string>& sweeps) {
  std::vector<std::int64_t> numbers;
  for (const auto& sweep : sweeps) {
    if (sweep.empty())
      return Error{ErrorCode::invalid_argument, "an empty text names no sweep; give an id or a name"};
    SPIN_ASSIGN(const auto found, client.status(sweep));
    for (const auto& status : found) numbers.push_back(status.id.value);
  }
  return numbers;
}

Result<QueryAnswer> cells_of(ControlClient& client, const Selection& selection, std::int64_t limit) {
  if (!selection.sort.empty()) {
    SPIN_ASSIGN(const auto sql, statement_of(selection));
    return client.query(sql, limit);
  }
  QueryAnswer all;
  for (const auto& column : find_view_doc("cells")->columns) all.columns.push_back(column.name);
  for (const auto sweep : selection.sweeps) {
    SPIN_ASSIGN(const auto cells, count_cells(client, sweep));
    for (std::int64_t first = 0; first < cells; first += kCellsOfPart) {
      all.cut = std::ssize(all.rows) == limit;
      if (all.cut) return all;
      SPIN_ASSIGN(const auto sql, statement_of(part_of(selection, sweep, first)));
      SPIN_ASSIGN(auto part, client.query(sql, limit - std::ssize(all.rows)));
      std::move(part.rows.begin(), part.rows.end(), std::back_inserter(all.rows));
      all.cut = part.cut;
      if (all.cut) return all;
    }
  }
  return all;
}

}  // namespace spin::cli
