#include "server/store/integrity.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <sqlite3.h>

#include "schema/sql/tables.h"
#include "server/store/migrate.h"

namespace spin {
namespace {

constexpr char kDefinitions[] =
    "SELECT type || ' ' || name, tbl_name || ': ' || coalesce(sql, '') FROM sqlite_schema"
    " WHERE type <> 'view' ORDER BY type, name";
// The coordinator's connection checks no references: it would cost a look for every row, and for every job
// that is deleted a walk through all inputs.
constexpr char kBrokenReference[] =
    "SELECT 'row of table ' || \"table\" || ' names a row of table ' || parent || ' that is not there'"
    " FROM pragma_foreign_key_check LIMIT 1";
constexpr char kBrokenRange[] =
    "SELECT 'range of sweep ' || sweep || ' names a job that is not there' FROM sweep_range g"
    " WHERE jobs <> (SELECT count(*) FROM job WHERE key BETWEEN g.job AND g.job + g.jobs - 1) LIMIT 1";
constexpr char kBrokenComparison[] =
    "SELECT 'cell of sweep ' || c.sweep || ' is compared with one that is not there' FROM cell c"
    " JOIN sweep s ON s.id = c.sweep AND s.deleting = 0"
    " LEFT JOIN cell u ON u.sweep = c.sweep AND u.position = c.unshared"
    " WHERE c.unshared IS NOT NULL AND u.sweep IS NULL LIMIT 1";

/// "a ..." of what the query finds; empty where it finds nothing.
Result<std::string> first_row(Database& database, const char* sql) {
  SPIN_ASSIGN(auto statement, database.prepare(sql));
  auto rows = statement.query();
  if (rows.next()) return "a " + rows.text(0);
  SPIN_TRY(rows.status());
  return std::string();
}

Result<std::string> find_broken_page(Database& database) {
  const auto answer = database.text("PRAGMA integrity_check(1)");
  if (answer.ok()) return *answer == "ok" ? std::string() : *answer;
  if (answer.error().code != ErrorCode::data_loss) return answer.error();
  return std::string(sqlite3_errmsg(database.handle()));
}

/// Name and text of each table and index; views are made anew at every start where they changed.
Result<std::vector<std::pair<std::string, std::string>>> definitions(Database& database) {
  std::vector<std::pair<std::string, std::string>> all;
  SPIN_ASSIGN(auto statement, database.prepare(kDefinitions));
  auto rows = statement.query();
  while (rows.next()) all.emplace_back(rows.text(0), rows.text(1));
  SPIN_TRY(rows.status());
  return all;
}

/// Gives the table of the model the columns of metrics that the database has, in its order, which is that of
/// the versions of spin that it has seen.
Status add_columns_as_in(Database& database, Database& model, const MetricTable& table) {
  SPIN_ASSIGN(const auto names, columns_of(database, table.name));
  for (const auto& name : names)
    for (const auto& metric : metrics_of(table))
      if (metric.name == name) SPIN_TRY(model.run(add_column(table, metric)));
  return {};
}

}  // namespace

Result<std::string> find_damage(Database& database) {
  SPIN_ASSIGN(auto damage, find_broken_page(database));
  if (!damage.empty()) return damage;
  SPIN_ASSIGN(damage, find_changed_schema(database));
  if (!damage.empty()) return damage;
  SPIN_ASSIGN(damage, find_broken_reference(database));
  if (!damage.empty()) return damage;
  SPIN_ASSIGN(damage, first_row(database, kBrokenRange));
  if (!damage.empty()) return damage;
  return first_row(database, kBrokenComparison);
}

Result<std::string> find_changed_schema(Database& database) {
  SPIN_ASSIGN(const auto version, database.integer("PRAGMA user_version"));
  const auto all = migrations();
  SPIN_ASSIGN(auto model, Database::open(":memory:", Database::Mode::read_write));
  SPIN_TRY(migrate(model, all.first(std::min(static_cast<std::size_t>(version), all.size()))));
  for (const auto& table : kMetricTables) SPIN_TRY(add_columns_as_in(database, model, table));
  SPIN_ASSIGN(const auto expected, definitions(model));
  SPIN_ASSIGN(const auto found, definitions(database));
  const auto [missing, other] = std::mismatch(expected.begin(), expected.end(), found.begin(), found.end());
  if (missing == expected.end() && other == found.end()) return std::string();
  return "the definition of " + (missing != expected.end() ? missing->first : other->first) +
         " is not the one that spin made";
}

Result<std::string> find_broken_reference(Database& database) {
  return first_row(database, kBrokenReference);
}

}  // namespace spin
