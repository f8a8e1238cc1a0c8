#include "server/store/migrate.h"

#include <algorithm>
#include <map>
#include <utility>

#include "schema/base/version.h"
#include "server/store/database_files.h"
#include "server/store/integrity.h"
#include "server/store/open.h"

namespace spin {
namespace {

constexpr char kSelectVersion[] = "SELECT value FROM meta WHERE key = 'version'";
constexpr char kSetVersion[] =
    "INSERT INTO meta (key, value) VALUES ('version', ?1) ON CONFLICT (key) DO UPDATE SET value = "
    "excluded.value";
constexpr char kColumns[] = "SELECT name FROM pragma_table_info(?1) ORDER BY cid";
constexpr char kViews[] = "SELECT name, sql FROM sqlite_schema WHERE type = 'view'";
/// "SPIN": of the tables before these, which no release has had.
constexpr std::int64_t kUnreleasedApplicationId = 0x5350494e;
/// Likewise, with the application id of today.
constexpr char kUnreleasedTables[] =
    "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'sweep_job'";

Status check_references(Database& database, const Migration& migration) {
  SPIN_ASSIGN(const auto broken, find_broken_reference(database));
  if (broken.empty()) return {};
  return damaged(database.path(), "was not migrated: " + broken + " after migration " +
                                      std::string(migration.name) + ", which was undone");
}

Status note_version(Database& database) {
  SPIN_ASSIGN(auto set_version, database.prepare(kSetVersion));
  return set_version.run(kVersion);
}

Status apply(Database& database, const Migration& migration, std::int64_t number) {
  SPIN_ASSIGN(auto transaction, Transaction::begin(database, Transaction::Kind::write));
  SPIN_TRY(database.run(std::string(migration.sql)));
  SPIN_TRY(check_references(database, migration));
  SPIN_TRY(database.run("PRAGMA user_version = " + std::to_string(number)));
  SPIN_TRY(note_version(database));
  return transaction.commit();
}

Result<std::string> missing_columns(Database& database, const MetricTable& table) {
  SPIN_ASSIGN(const auto there, columns_of(database, table.name));
  std::string sql;
  for (const auto& metric : metrics_of(table))
    if (std::ranges::find(there, metric.name) == there.end()) sql += add_column(table, metric) + ";\n";
  return sql;
}

Result<std::string> changed_views(Database& database) {
  SPIN_ASSIGN(auto statement, database.prepare(kViews));
  auto rows = statement.query();
  std::map<std::string, std::string> old;
  while (rows.next()) old.emplace(rows.text(0), rows.text(1));
  SPIN_TRY(rows.status());
  std::string sql;
  for (const auto& view : views()) {
    const auto found = old.find(view.name);
    if (found == old.end() || found->second != view.sql)
      sql += "DROP VIEW IF EXISTS " + view.name + ";\n" + view.sql + ";\n";
    if (found != old.end()) old.erase(found);
  }
  for (const auto& [name, text] : old) sql += "DROP VIEW \"" + name + "\";\n";
  return sql;
}

}  // namespace

Status check_identity(Database& database) {
  SPIN_ASSIGN(const auto application, database.integer("PRAGMA application_id"));
  SPIN_ASSIGN(const auto unreleased, database.integer(kUnreleasedTables));
  if (application == kUnreleasedApplicationId || unreleased > 0) {
    return Error{
        ErrorCode::failed_precondition,
        "database " + database.path().string() +
            " was made by a spin from before the first release, whose tables this one does not read; "
            "give the path of a file that does not exist yet, and submit the sweeps again"};
  }
  if (application != kApplicationId) {
    return Error{ErrorCode::data_loss,
                 "database " + database.path().string() +
                     " belongs to another program; give the path of a database of spin, or of " +
                     "a file that does not exist yet"};
  }
  SPIN_ASSIGN(const auto version, database.integer("PRAGMA user_version"));
  const auto known = static_cast<std::int64_t>(migrations().size());
  if (version <= known) return {};
  const auto writer = database.text(kSelectVersion);
  return Error{ErrorCode::failed_precondition,
               "database " + database.path().string() + " has schema version " + std::to_string(version) +
                   ", this spin " + std::string(kVersion) + " knows up to " + std::to_string(known) +
                   "; use spin " + (writer.ok() ? *writer : "of the version that wrote it") + " or newer"};
}

Status migrate(Database& database, std::span<const Migration> all) {
  SPIN_ASSIGN(const auto version, database.integer("PRAGMA user_version"));
  if (version > 0 && static_cast<std::size_t>(version) < all.size()) SPIN_TRY(quick_check(database));
  for (auto next = static_cast<std::size_t>(version); next < all.size(); ++next) {
    SPIN_TRY(apply(database, all[next], static_cast<std::int64_t>(next) + 1));
  }
  return {};
}

Result<std::vector<std::string>> columns_of(Database& database, std::string_view table) {
  SPIN_ASSIGN(auto statement, database.prepare(kColumns));
  auto rows = statement.query(table);
  std::vector<std::string> names;
  while (rows.next()) names.push_back(rows.text(0));
  SPIN_TRY(rows.status());
  return names;
}

Result<std::string> renewal(Database& database) {
  std::string sql;
  for (const auto& table : kMetricTables) {
    SPIN_ASSIGN(const auto missing, missing_columns(database, table));
    sql += missing;
  }
  SPIN_ASSIGN(const auto changed, changed_views(database));
  return sql + changed;
}

Status bring_up_to_date(Database& database) {
  SPIN_TRY(migrate(database));
  SPIN_ASSIGN(const auto sql, renewal(database));
  if (sql.empty()) return {};
  SPIN_ASSIGN(auto transaction, Transaction::begin(database, Transaction::Kind::write));
  SPIN_TRY(database.run(sql));
  SPIN_TRY(note_version(database));
  return transaction.commit();
}

}  // namespace spin
