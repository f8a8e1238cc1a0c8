#include "tests/client/commands/views_database.h"

#include <stdexcept>

#include <sqlite3.h>

#include "schema/sql/tables.h"

namespace spin::cli {
namespace {

struct Finalizer {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

QueryValue value_of(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT:
      return std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, column)));
    default:
      return std::monostate{};
  }
}

}  // namespace

void ViewsDatabase::Closer::operator()(sqlite3* database) const { sqlite3_close(database); }

ViewsDatabase::ViewsDatabase() {
  sqlite3* opened = nullptr;
  if (sqlite3_open(":memory:", &opened) != SQLITE_OK) throw std::runtime_error("no database in memory");
  database_.reset(opened);
  for (const auto& migration : migrations()) change(std::string(migration.sql));
  for (const auto& table : kMetricTables)
    for (const auto& metric : metrics_of(table)) change(add_column(table, metric));
  for (const auto& view : views()) change(view.sql);
}

void ViewsDatabase::change(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(database_.get()));
}

ViewsDatabase::Answer ViewsDatabase::ask(const std::string& sql) {
  Answer answer;
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(database_.get(), sql.c_str(), -1, &prepared, nullptr) != SQLITE_OK) {
    answer.error = sqlite3_errmsg(database_.get());
    return answer;
  }
  const std::unique_ptr<sqlite3_stmt, Finalizer> statement(prepared);
  const int count = sqlite3_column_count(prepared);
  for (int c = 0; c < count; ++c) answer.columns.emplace_back(sqlite3_column_name(prepared, c));
  while (sqlite3_step(prepared) == SQLITE_ROW) {
    QueryRow row;
    for (int c = 0; c < count; ++c) row.push_back(value_of(prepared, c));
    answer.rows.push_back(std::move(row));
  }
  return answer;
}

}  // namespace spin::cli
