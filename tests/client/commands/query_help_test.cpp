#include <regex>

#include <gtest/gtest.h>

#include "schema/sweep/plan.h"
#include "tests/client/commands/spinctl.h"
#include "tests/client/commands/views_database.h"
#include "tests/support/places.h"

// What `spinctl query --help` says of the views is what the database has.

namespace spin::cli {
namespace {

std::string help() {
  const auto finished = spinctl({"query", "--help"});
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  return finished.output;
}

/// The part of the help that tells a view's columns: from its name to the next view.
std::string told_of(const std::string& text, const std::string& view) {
  std::smatch found;
  const std::regex part("\n  " + view + " +((?:[^\n]|\n {6,})*)");
  return std::regex_search(text, found, part) ? found[1].str() : "";
}

TEST(QueryHelp, NamesEveryColumnOfEveryView) {
  const auto text = help();
  ViewsDatabase database;
  const auto columns = database.ask(
      "SELECT v.name, c.name FROM sqlite_schema v JOIN pragma_table_info(v.name) c WHERE v.type = 'view'"
      " AND instr(v.name, '_') = 0");  // the others are parts of these
  ASSERT_EQ(columns.error, "");
  ASSERT_GT(columns.rows.size(), 80U);
  for (const auto& row : columns.rows) {
    const auto& view = std::get<std::string>(row[0]);
    const auto& column = std::get<std::string>(row[1]);
    EXPECT_TRUE(std::regex_search(told_of(text, view), std::regex("\\b" + column + "\\b")))
        << view << " has " << column;
  }
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

TEST(QueryHelp, ThePapersFiguresMeetTheCellsOfItsSweep) {
  const auto plan = plan_sweep("table-1.yaml",
                               [] {
                                 std::ifstream file(source_file("deploy/sweeps/paper/table-1.yaml"));
                                 return std::string(std::istreambuf_iterator<char>(file), {});
                               }(),
                               {});
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  ViewsDatabase database;
  database.change(
      "INSERT INTO sweep (id, name, description, priority, max_attempts, seeds, left_out_by_exclude, "
      "left_out_by_limits, source, overrides, requirements, submitted_at_ms) VALUES (1, 'paper-table-1', '', "
      "0, 3, 1, 0, 0, '', '[]', '{}', 0)");
  int position = 0;
  for (const auto& cell : plan->cells) {
    std::string labels;
    for (const auto& text : {cell.network, cell.sharing, cell.transform, cell.fusion, cell.settings}) {
      database.change("INSERT INTO label (text, in_name) VALUES ('" + text + "', '')");
      labels +=
          ", last_insert_rowid() - " + std::to_string(4 - std::count(labels.begin(), labels.end(), ','));
    }
    database.change(
        "INSERT INTO cell (sweep, position, network, sharing, transform, fusion, settings, repetition, "
        "params, "
        "flops) VALUES (1, " +
        std::to_string(position++) + labels + ", '', 1, 1)");
  }
  for (const auto& sql : statements(help())) {
    if (sql.find("paper-table-1") == std::string::npos) continue;
    const auto answer = database.ask(sql);
    EXPECT_EQ(answer.error, "");
    EXPECT_EQ(answer.rows.size(), 8U) << "Table 1 has eight rows";
    return;
  }
  FAIL() << "no example compares with the paper";
}

}  // namespace
}  // namespace spin::cli
