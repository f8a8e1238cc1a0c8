#include "tests/server/store/raw_sql.h"

#include <memory>
#include <utility>

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace spin {
namespace {

using Connection = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;

Connection connect(const std::filesystem::path& path) {
  sqlite3* handle = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK) << path;
  return {handle, sqlite3_close};
}

int collect_row(void* rows, int columns, char** values, char**) {
  std::string row;
  for (int i = 0; i < columns; ++i)
    row += std::string(i > 0 ? "|" : "") + (values[i] != nullptr ? values[i] : "NULL");
  static_cast<std::vector<std::string>*>(rows)->push_back(std::move(row));
  return SQLITE_OK;
}

}  // namespace

void run_sql(const std::filesystem::path& path, const std::string& sql) {
  const auto connection = connect(path);
  EXPECT_EQ(sqlite3_exec(connection.get(), sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(connection.get());
}

std::vector<std::string> rows_of(const std::filesystem::path& path, const std::string& sql) {
  const auto connection = connect(path);
  std::vector<std::string> rows;
  EXPECT_EQ(sqlite3_exec(connection.get(), sql.c_str(), collect_row, &rows, nullptr), SQLITE_OK)
      << sqlite3_errmsg(connection.get()) << " in " << sql;
  return rows;
}

}  // namespace spin
