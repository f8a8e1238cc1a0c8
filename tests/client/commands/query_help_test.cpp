#include <regex>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/client/commands/spinctl.h"
#include "tests/client/commands/views_database.h"

// What `spinctl query --help` says of the views is what the database has.

namespace spin::cli {
namespace {

std::string help() {
  const auto finished = spinctl({"query", "--help"});
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  return finished.output;
}

TEST(QuerySchema, NamesEveryColumnOfEveryViewAndWhatItMeans) {
  const auto finished = spinctl({"query", "--schema", "--format", "json"});
  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  std::set<std::pair<std::string, std::string>> told, there;
  for (const auto& row : nlohmann::json::parse(finished.output)) {
    EXPECT_NE(row.at("meaning"), "") << row;
    if (!row.at("column").is_null())
      told.emplace(row.at("view").get<std::string>(), row.at("column").get<std::string>());
  }
  ViewsDatabase database;
  const auto columns = database.ask(
      "SELECT v.name, c.name FROM sqlite_schema v JOIN pragma_table_info(v.name) c WHERE v.type = 'view'"
      " AND instr(v.name, '_') = 0");  // the others are parts of these
  ASSERT_EQ(columns.error, "");
  for (const auto& row : columns.rows)
    there.emplace(std::get<std::string>(row[0]), std::get<std::string>(row[1]));
  ASSERT_GT(there.size(), 80U);
  EXPECT_EQ(told, there);
  const auto one = spinctl({"query", "--schema", "pareto", "--format", "csv"});
  EXPECT_NE(one.output.find("\r\npareto,on_both,"), std::string::npos) << one.output;
  const auto none = spinctl({"query", "--schema", "nosuch"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_NE(none.errors.find("there are attempts, cells,"), std::string::npos) << none.errors;
}

std::vector<std::string> statements(const std::string& text) {
  std::vector<std::string> found;
  const std::regex quoted("spinctl query \"([^\"]*)\"");
  for (auto at = std::sregex_iterator(text.begin(), text.end(), quoted); at != std::sregex_iterator(); ++at)
    found.push_back((*at)[1].str());
  return found;
}

TEST(QueryHelp, EveryExampleRuns) {
  ViewsDatabase database;
  const auto examples = statements(help());
  ASSERT_GE(examples.size(), 3U);
  for (const auto& sql : examples) EXPECT_EQ(database.ask(sql).error, "") << sql;
}

}  // namespace
}  // namespace spin::cli
