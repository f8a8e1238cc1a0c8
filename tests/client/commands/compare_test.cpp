#include <cmath>
#include <optional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include "client/commands/invocation.h"
#include "tests/client/commands/spinctl.h"
#include "tests/support/paper_sweep.h"

// `spinctl compare` of sweeps that a real spind has taken, and of its database.

namespace spin::cli {
namespace {

using nlohmann::json;
using std::chrono::seconds;

class CompareTest : public ::testing::Test {
 protected:
  CompareTest() { serve(); }
  void serve() {
    spind.emplace(std::vector<std::string>{program("spind"), "--listen", address, "--db", database},
                  folder / "spind.log", "compare-test");
    EXPECT_TRUE(eventually(seconds(30), [&] { return ask({"status"}).exit_code == 0; })) << spind->output();
  }
  void stop() {
    spind->signal(SIGTERM);
    EXPECT_EQ(spind->wait(seconds(30)), 0) << spind->output();
  }
  Finished ask(std::vector<std::string> args) {
    args.insert(args.end(), {"--connect", address});
    return spinctl(args);
  }
  Finished ask_file(std::vector<std::string> args) {
    args.insert(args.end(), {"--db", database});
    return spinctl(args);
  }
  void submit(const std::string& name, const std::vector<std::string>& sets = {}) {
    std::vector<std::string> args{"submit", paper_sweep_path(name)};
    for (const auto& set : sets) args.insert(args.end(), {"--set", set});
    const auto finished = ask(args);
    ASSERT_EQ(finished.exit_code, kDone) << finished.errors;
  }
  /// While no spind serves the database.
  void change(const std::string& sql) {
    sqlite3* opened = nullptr;
    ASSERT_EQ(sqlite3_open(database.c_str(), &opened), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(opened, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(opened);
    sqlite3_close(opened);
  }
  void finish(int sweep, int position, const std::string& top1) {
    const std::string outcome = top1 == "NULL" ? "diverged" : "completed";
    change(
        "INSERT INTO result (job, attempt_boot_epoch, attempt_sequence, outcome, finished_at_ms, data, top1) "
        "SELECT key, 1, 1, '" +
        outcome + "', 0, '', " + top1 + " FROM sweep_job WHERE sweep = " + std::to_string(sweep) +
        " AND position = " + std::to_string(position));
  }
  static json rows_of(const Finished& finished) {
    EXPECT_EQ(finished.exit_code, kDone) << finished.errors;
    return json::parse(finished.output);
  }

  TempFolder folder;
  std::string database = (folder / "spin.db").string();
  std::string address = "unix:" + (folder / "sock").string();
  std::optional<Process> spind;
};

TEST_F(CompareTest, WithoutACellOfThePaperSaysHowToBegin) {
  const auto none = ask({"compare"});
  EXPECT_EQ(none.exit_code, kDone);
  EXPECT_EQ(none.output, "");
  EXPECT_NE(none.errors.find("no sweep has a cell of the paper's tables"), std::string::npos) << none.errors;
  EXPECT_NE(none.errors.find("`spinctl submit deploy/sweeps/paper/table-1.yaml`"), std::string::npos)
      << none.errors;
  EXPECT_EQ(rows_of(ask({"compare", "--format", "json"})), json::array());
  const auto asked = ask({"compare", "2"});
  EXPECT_EQ(asked.exit_code, kDone) << asked.errors;
  EXPECT_TRUE(asked.output.starts_with("Table 2\n")) << asked.output;
  EXPECT_NE(asked.output.find("not in any sweep: 4 rows; spinctl submit deploy/sweeps/paper/table-2.yaml\n"),
            std::string::npos)
      << asked.output;
}

TEST_F(CompareTest, AMistakeIsNamed) {
  for (const char* table : {"0", "7", "11"}) {
    const auto finished = ask({"compare", "1", table});
    EXPECT_EQ(finished.exit_code, kBadInput);
    EXPECT_NE(finished.errors.find("no results in table " + std::string(table) + "; give 1 to 6 or 8 to 10"),
              std::string::npos)
        << finished.errors;
  }
  EXPECT_EQ(ask({"compare", "one"}).exit_code, kBadInput);
  const auto unknown = ask({"compare", "--sweep", "nosuch"});
  EXPECT_EQ(unknown.exit_code, kBadInput);
  EXPECT_NE(unknown.errors.find("there is no sweep 'nosuch'"), std::string::npos) << unknown.errors;
  EXPECT_EQ(spinctl({"compare", "--connect", "unix:" + (folder / "none").string()}).exit_code,
            kNoCoordinator);
}

TEST_F(CompareTest, ATableIsFilledAndWhatIsMissingSaid) {
  submit("table-1");
  stop();
  finish(1, 0, "75.21");
  finish(1, 1, "73.79");
  finish(1, 2, "73.9");
  finish(1, 3, "NULL");
  change("INSERT INTO job_state (job, state) SELECT key, 6 FROM sweep_job WHERE sweep = 1 AND position = 7");
  serve();
  const auto rows = rows_of(ask({"compare", "1", "--format", "json"}));
  ASSERT_EQ(rows.size(), 8U);
  const auto values = [&rows](const char* key) {
    auto all = json::array();
    for (const auto& row : rows) all.push_back(row.at(key));
    return all;
  };
  EXPECT_EQ(values("published_top1"), json::parse("[75.71, 73.29, 72.8, null, 73.14, 73.22, 73.31, 72.35]"));
  EXPECT_EQ(values("top1_mean"), json::parse("[75.21, 73.79, 73.9, null, null, null, null, null]"));
  // 75.71 > 73.29 > 72.80 in the paper; here the last two have changed places.
  EXPECT_EQ(values("pairs_kept"), json::parse("[2, 1, 1, 0, 0, 0, 0, 0]"));
  EXPECT_EQ(values("order_kept"), json::parse("[true, false, false, null, null, null, null, null]"));
  EXPECT_EQ(values("state"), json::parse(R"(["completed", "completed", "completed", "diverged", "queued",
      "queued", "queued", "failed"])"));
  EXPECT_EQ(rows[7].at("command"), "spinctl retry paper-table-1");
  EXPECT_EQ(rows[6].at("command"), nullptr);
  EXPECT_NEAR(rows[1].at("difference").get<double>(), 0.5, 1e-9);

  const auto shown = ask({"compare"}).output;
  for (const auto* part : {"Table 1\n", "\norder: 2 of 3 pairs as published\n", "\nqueued: 3 rows\n",
                           "\nfailed: 1 row; spinctl retry paper-table-1\n", "\nTable 9\n", "\nTable 10\n",
                           "\nnot in any sweep: 3 rows; spinctl submit deploy/sweeps/paper/table-9.yaml\n"})
    EXPECT_NE(shown.find(part), std::string::npos) << part << shown;
  EXPECT_EQ(shown.find("Table 2"), std::string::npos) << "no sweep has a cell of it\n" << shown;
  const auto markdown = ask({"compare", "1", "--format", "markdown"}).output;
  EXPECT_TRUE(markdown.starts_with("## Table 1\n\n| ")) << markdown;
  EXPECT_NE(markdown.find("\n\n- order: 2 of 3 pairs as published\n"), std::string::npos) << markdown;
}

TEST_F(CompareTest, AFileThatNobodyServesIsComparedAndOnlyRunGoesOnWithIt) {
  submit("table-2");
  stop();
  finish(1, 0, "72.0");
  const auto rows = rows_of(ask_file({"compare", "2", "--format", "json"}));
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].at("top1_mean"), 72.0);
  EXPECT_EQ(rows[0].at("command"), nullptr);
  EXPECT_EQ(rows[1].at("state"), "queued");
  EXPECT_EQ(rows[1].at("command"), "spinctl run deploy/sweeps/paper/table-2.yaml --db " + database);
  EXPECT_NE(
      ask_file({"compare", "3"}).output.find("6 rows; spinctl run deploy/sweeps/paper/table-3.yaml --db "),
      std::string::npos);
}

TEST_F(CompareTest, OfSeveralSweepsTheNewestWithResultsCountsAndSweepChooses) {
  submit("table-2", {"name=first", "seeds=[0, 1]"});
  submit("table-2", {"name=short", "training.epochs=90"});
  submit("table-2", {"name=second", "seeds=[2]"});
  submit("table-2", {"name=last", "seeds=[3]"});
  stop();
  const auto first_row = [&](std::vector<std::string> more = {}) {
    std::vector<std::string> args{"compare", "2", "--format", "json"};
    args.insert(args.end(), more.begin(), more.end());
    return rows_of(ask_file(args)).at(0);
  };
  EXPECT_EQ(first_row().at("sweep"), "last") << "none has results";
  finish(2, 0, "60");
  EXPECT_EQ(first_row().at("sweep"), "short");
  EXPECT_EQ(first_row().at("otherwise"), "epochs=90");
  finish(1, 0, "72");
  EXPECT_EQ(first_row().at("sweep"), "first") << "trained as published";
  finish(3, 0, "73");
  EXPECT_EQ(first_row().at("sweep"), "second");
  finish(1, 1, "74");
  EXPECT_EQ(first_row().at("sweep"), "second");
  const auto chosen = first_row({"--sweep", "first"});
  EXPECT_EQ(chosen.at("top1_mean"), 73.0);
  EXPECT_NEAR(chosen.at("top1_deviation").get<double>(), std::sqrt(2.0), 1e-9);
  EXPECT_EQ(chosen.at("finished"), 2);
  EXPECT_EQ(first_row({"--sweep", "last", "--sweep", "2"}).at("sweep"), "short");
  const auto elsewhere = ask_file({"compare", "1", "--sweep", "first"}).output;
  EXPECT_NE(elsewhere.find("not in these sweeps: 8 rows"), std::string::npos) << elsewhere;
}

TEST_F(CompareTest, SeveralCellsOfOneSweepAreToldOf) {
  submit("table-2", {"axes.training.lr=[0.02, 0.01, 0.005]"});
  const auto rows = rows_of(ask({"compare", "2", "--format", "json"}));
  EXPECT_EQ(rows[0].at("other_cells"), 2);
  EXPECT_EQ(rows[0].at("settings"), "lr=0.01") << "the one that is trained as published";
  EXPECT_EQ(rows[0].at("otherwise"), "");
  EXPECT_NE(ask({"compare", "2"}).output.find("4 rows of a sweep that has several such cells"),
            std::string::npos);
}

}  // namespace
}  // namespace spin::cli
