#include "server/store/query.h"

#include <filesystem>
#include <limits>
#include <thread>

#include <sqlite3.h>

#include "schema/sql/view_docs.h"
#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

namespace spin {
namespace {

/// Keeps all that comes.
class Recorder : public QueryVisitor {
 public:
  void columns(std::vector<std::string> names) override {
    EXPECT_TRUE(rows.empty());
    columns_seen = std::move(names);
  }
  bool row(QueryRow row) override {
    rows.push_back(std::move(row));
    return static_cast<std::int64_t>(rows.size()) < stop_after;
  }
  bool go_on() override { return ++questions < questions_allowed; }

  std::vector<std::string> columns_seen;
  std::vector<QueryRow> rows;
  std::int64_t stop_after = std::numeric_limits<std::int64_t>::max();
  int questions = 0, questions_allowed = std::numeric_limits<int>::max();
};

class QueryTest : public StoreTest {
 protected:
  QueryTest() {
    commit(*store_,
           {insert_all(SweepId{1}, make_plan("study", 3, 2), 1), attach("w"), core::AppendLog{{1}, {"hello"}},
            core::InsertResult{{2},
                               {1, 1},
                               {Outcome::completed,
                                {{Metric::top1, 90.5},
                                 {Metric::top5, 99},
                                 {Metric::params, 1},
                                 {Metric::flops, 2},
                                 {Metric::images_per_second, 3},
                                 {Metric::peak_bytes, 4},
                                 {Metric::seconds, 5}}}}});
  }
  Status run(const std::string& sql, const QueryLimits& limits = {}) {
    recorder_ = Recorder();
    return run_query(path(), sql, limits, recorder_);
  }
  Error refusal(const std::string& sql, const QueryLimits& limits = {}) {
    const auto status = run(sql, limits);
    EXPECT_FALSE(status.ok()) << sql;
    return status.ok() ? Error{} : status.error();
  }

  Recorder recorder_;
};

/// Counts without an end.
constexpr char kEndless[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT ";

TEST_F(QueryTest, ValuesKeepTheirTypes) {
  ASSERT_TRUE(
      run("SELECT NULL AS a, 42 AS b, -1.5 AS c, 'größer' AS d, x'00ff7f' AS e, '' AS f, 9e999 AS g").ok());
  EXPECT_EQ(recorder_.columns_seen, (std::vector<std::string>{"a", "b", "c", "d", "e", "f", "g"}));
  EXPECT_EQ(recorder_.rows, (std::vector<QueryRow>{{std::monostate{}, std::int64_t{42}, -1.5,
                                                    std::string("größer"), QueryBlob{"00ff7f"}, std::string(),
                                                    std::numeric_limits<double>::infinity()}}));
}

TEST_F(QueryTest, EveryViewCanBeAskedFor) {
  for (const auto& view : view_docs()) {
    const Status asked = run("SELECT * FROM " + view.name);
    EXPECT_TRUE(asked.ok()) << view.name << ": " << asked.error().message;
  }
}

TEST_F(QueryTest, AWorkerIsShownWithAllItsDevices) {
  const Status shown = run("SELECT devices, slots, memory_bytes FROM workers");
  ASSERT_TRUE(shown.ok()) << shown.error().message;
  EXPECT_EQ(recorder_.rows, (std::vector<QueryRow>{{std::string("cpu, cuda:0"), std::int64_t{4},
                                                    std::int64_t{(1 << 30) + (2 << 20)}}}));
}

TEST_F(QueryTest, NoViewWalksThroughAllJobsOfASweepForEachOfItsCells) {
  for (const std::string view : {"jobs", "results", "epochs", "attempts", "superseded"})
    for (const std::string filter : {"", " WHERE sweep_id = 1", " WHERE sweep = 'study' AND newest"}) {
      ASSERT_TRUE(run("EXPLAIN QUERY PLAN SELECT * FROM " + view + filter).ok());
      std::string plan;
      for (const auto& row : recorder_.rows) plan += std::get<std::string>(row.at(3)) + "\n";
      EXPECT_NE(plan.find("SEARCH c USING PRIMARY KEY (sweep=? AND position=?)"), std::string::npos)
          << view << filter << "\n"
          << plan;
      EXPECT_EQ(plan.find("AUTOMATIC"), std::string::npos) << view << filter << "\n" << plan;
    }
}

TEST_F(QueryTest, OneSweepIsCountedWithoutALookAtTheOthers) {
  ASSERT_TRUE(run("EXPLAIN QUERY PLAN SELECT * FROM sweeps WHERE id = 1").ok());
  for (const auto& row : recorder_.rows) {
    const auto& step = std::get<std::string>(row.at(3));
    EXPECT_TRUE(!step.starts_with("SCAN") || step == "SCAN sweeps") << step;
  }
}

TEST_F(QueryTest, ViewsTablesAndWhatReadingStatementsThereAre) {
  ASSERT_TRUE(
      run("SELECT name, state FROM jobs WHERE sweep = 'study' ORDER BY position LIMIT 2;  -- the first")
          .ok());
  EXPECT_EQ(recorder_.rows,
            (std::vector<QueryRow>{{std::string("convmixer-64-8-4-3.s0"), std::string("ready")},
                                   {std::string("convmixer-64-8-4-3.s1"), std::string("completed")}}));
  for (const auto* sql :
       {"SELECT avg(top1) FROM results", "WITH a AS (SELECT * FROM cells) SELECT * FROM a", "VALUES (1), (2)",
        "EXPLAIN QUERY PLAN SELECT * FROM jobs", "EXPLAIN SELECT 1", "PRAGMA table_info(jobs)",
        "SELECT name FROM pragma_table_info('jobs')", "SELECT name FROM sqlite_schema",
        "SELECT * FROM paper LIMIT 1", "SELECT count(*) FROM job",
        "SELECT text, row_number() OVER (ORDER BY number) FROM log_line",
        "SELECT json_extract('[1]', '$[0]')"}) {
    EXPECT_TRUE(run(sql).ok()) << sql;
    EXPECT_FALSE(recorder_.rows.empty()) << sql;
  }
  ASSERT_TRUE(run("SELECT * FROM jobs WHERE name = 'none'").ok());
  EXPECT_TRUE(recorder_.rows.empty());
  EXPECT_EQ(recorder_.columns_seen.front(), "sweep") << "columns are told though there is no row";
}

TEST_F(QueryTest, TheNewestSweepOfANameIsMarked) {
  commit(*store_, {insert_all(SweepId{2}, make_plan("study", 1, 1, "again"), 100),
                   insert_all(SweepId{3}, make_plan("other", 1, 1, "other"), 200)});
  for (const auto* view : {"cells", "jobs"}) {
    ASSERT_TRUE(
        run(std::string("SELECT DISTINCT sweep_id, newest FROM ") + view + " ORDER BY sweep_id").ok());
    EXPECT_EQ(recorder_.rows, (std::vector<QueryRow>{{std::int64_t{1}, std::int64_t{0}},
                                                     {std::int64_t{2}, std::int64_t{1}},
                                                     {std::int64_t{3}, std::int64_t{1}}}))
        << view;
  }
  ASSERT_TRUE(run("SELECT id FROM sweeps WHERE newest ORDER BY id").ok());
  EXPECT_EQ(recorder_.rows, (std::vector<QueryRow>{{std::int64_t{2}}, {std::int64_t{3}}}));
}

TEST_F(QueryTest, AJobThatDivergedHasNoAccuracy) {
  commit(*store_, {core::InsertResult{{1},
                                      {1, 2},
                                      {Outcome::diverged,
                                       {{Metric::top1, 12.5},
                                        {Metric::top5, 50},
                                        {Metric::params, 1},
                                        {Metric::flops, 2},
                                        {Metric::images_per_second, 3},
                                        {Metric::peak_bytes, 4},
                                        {Metric::seconds, 5}}}}});
  const std::vector<QueryRow> rows{{std::string("diverged"), std::monostate{}, std::monostate{}},
                                   {std::string("completed"), 90.5, 99.0}};
  ASSERT_TRUE(run("SELECT outcome, top1, top5 FROM results ORDER BY position").ok());
  EXPECT_EQ(recorder_.rows, rows);
  ASSERT_TRUE(run("SELECT top1 FROM jobs ORDER BY position LIMIT 1").ok());
  EXPECT_EQ(recorder_.rows, (std::vector<QueryRow>{{std::monostate{}}}));
  ASSERT_TRUE(run("SELECT finished, diverged, top1_mean FROM cells WHERE cell = 0").ok());
  EXPECT_EQ(recorder_.rows, (std::vector<QueryRow>{{std::int64_t{2}, std::int64_t{1}, 90.5}}));
}

TEST_F(QueryTest, NothingButReadingIsPossible) {
  const auto before = rows_of(path(), "SELECT count(*) FROM job");
  for (const auto* sql : {"DELETE FROM job",
                          "INSERT INTO meta VALUES ('a', 1)",
                          "UPDATE job SET state = 'ready'",
                          "DROP VIEW jobs",
                          "CREATE TABLE t (a)",
                          "CREATE TEMP TABLE t AS SELECT 1",
                          "ATTACH '/tmp/other.db' AS other",
                          "PRAGMA journal_mode = DELETE",
                          "PRAGMA wal_checkpoint",
                          "PRAGMA user_version",
                          "PRAGMA query_only = 0",
                          "VACUUM",
                          "VACUUM INTO '/tmp/copy.db'",
                          "BEGIN",
                          "COMMIT",
                          "SAVEPOINT s",
                          "REINDEX",
                          "ANALYZE",
                          "DETACH main",
                          "EXPLAIN DELETE FROM job",
                          "WITH a AS (SELECT 1) DELETE FROM job",
                          "SELECT * FROM pragma_database_list",
                          "DELETE FROM job RETURNING key",
                          "UPDATE sqlite_schema SET sql = '' RETURNING 1",
                          "UPDATE sqlite_master SET name = 'x'"}) {
    EXPECT_EQ(refusal(sql).code, ErrorCode::invalid_argument) << sql;
  }
  EXPECT_EQ(refusal("SELECT load_extension('x')").code, ErrorCode::invalid_argument);
  EXPECT_EQ(refusal("SELECT writefile('/tmp/x', 'y')").code, ErrorCode::invalid_argument);
  EXPECT_EQ(rows_of(path(), "SELECT count(*) FROM job"), before);
}

TEST_F(QueryTest, OneStatementAtATime) {
  for (const auto* sql : {"SELECT 1; SELECT 2", "SELECT 1; DROP TABLE job", "SELECT 1; nonsense"}) {
    EXPECT_NE(refusal(sql).message.find("one statement"), std::string::npos) << sql;
    EXPECT_TRUE(recorder_.columns_seen.empty()) << sql;
  }
  for (const auto* sql : {"", "  ", ";", "-- nothing"}) {
    EXPECT_NE(refusal(sql).message.find("no statement"), std::string::npos) << sql;
  }
  EXPECT_EQ(refusal(std::string("SELECT 1\0, 2", 12)).code, ErrorCode::invalid_argument);
}

TEST_F(QueryTest, AMistakeIsAnsweredWithWhatThereIs) {
  auto error = refusal("SELECT * FROM jbos");
  EXPECT_EQ(error.code, ErrorCode::invalid_argument);
  for (const auto* part : {"no such table: jbos", "jobs", "results", "workers"}) {
    EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
  }
  error = refusal("SELECT acuracy FROM results");
  for (const auto* part : {"no such column: acuracy", "results has ", "top1", "outcome"}) {
    EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
  }
  EXPECT_EQ(error.message.find("workers"), std::string::npos) << "of the views that the query names only";
  EXPECT_NE(refusal("SELEC 1").message.find("syntax error"), std::string::npos);
  EXPECT_NE(refusal("SELECT nofunction(1)").message.find("no such function"), std::string::npos);
}

TEST_F(QueryTest, LimitsEndItAndSaySo) {
  const std::string endless = std::string(kEndless) + "i FROM n";
  auto error = refusal(endless, {.rows = 10});
  EXPECT_EQ(error.code, ErrorCode::resource_exhausted);
  EXPECT_NE(error.message.find("10 rows"), std::string::npos) << error.message;
  EXPECT_EQ(recorder_.rows.size(), 10U);
  error = refusal(endless, {.bytes = 80});
  EXPECT_NE(error.message.find("80 bytes"), std::string::npos) << error.message;
  EXPECT_EQ(recorder_.rows.size(), 10U);
  error = refusal(std::string(kEndless) + "sum(i) FROM n", {.time = std::chrono::milliseconds(50)});
  EXPECT_EQ(error.code, ErrorCode::resource_exhausted);
  EXPECT_NE(error.message.find("50 ms"), std::string::npos) << error.message;
  EXPECT_EQ(refusal("SELECT zeroblob(900000000)").code, ErrorCode::invalid_argument)
      << "no value is that large";
  ASSERT_TRUE(run("SELECT name FROM jobs LIMIT 6", {.rows = 6}).ok()) << "as many as the limit";
}

TEST_F(QueryTest, MemoryBeyondTheLimitEndsThatOneStatement) {
  const auto error = refusal("SELECT randomblob(5000000), randomblob(5000000)", {.memory_bytes = 8 << 20});
  EXPECT_EQ(error.code, ErrorCode::resource_exhausted);
  EXPECT_NE(error.message.find("more than 8 MiB of memory"), std::string::npos) << error.message;
  EXPECT_TRUE(run("SELECT count(*) FROM job", {.memory_bytes = 8 << 20}).ok());
  commit(*store_, {core::AppendLog{{1}, {"the writer has not noticed"}}});
}

TEST_F(QueryTest, MemoryThatItDoesWithoutIsNotWhyItEnds) {
  struct Greedy : Recorder {
    bool go_on() override {
      EXPECT_EQ(sqlite3_malloc(64 << 20), nullptr);  // as SQLite asks for what it can do without
      return false;
    }
  } greedy;
  const Status ended =
      run_query(path(), std::string(kEndless) + "sum(i) FROM n", {.memory_bytes = 8 << 20}, greedy);
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code, ErrorCode::unavailable) << ended.error().message;
  EXPECT_NE(ended.error().message.find("broken off"), std::string::npos) << ended.error().message;
}

/// Sorts more than SQLite's cache holds.
constexpr char kLargeSort[] =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
    " SELECT hex(randomblob(20)) AS h FROM n ORDER BY h";

TEST_F(QueryTest, TemporaryFilesBeyondTheLimitEndThatOneStatement) {
  auto error = refusal(kLargeSort, {.disk_bytes = 1 << 20});
  EXPECT_EQ(error.code, ErrorCode::resource_exhausted);
  EXPECT_NE(error.message.find("more than 1 MiB of temporary files"), std::string::npos) << error.message;
  EXPECT_TRUE(recorder_.rows.empty());
  const auto capacity = std::filesystem::space(folder_.path()).capacity;
  error = refusal(kLargeSort, {.reserve_bytes = capacity});
  EXPECT_EQ(error.code, ErrorCode::resource_exhausted);
  EXPECT_NE(error.message.find("stay free (--reserve-bytes)"), std::string::npos) << error.message;
  EXPECT_TRUE(run(kLargeSort, {.rows = 300'000}).ok());
  EXPECT_EQ(recorder_.rows.size(), 300'000U);
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    EXPECT_TRUE(entry.path().filename().string().starts_with("spin.db")) << entry.path() << " was left over";
}

TEST_F(QueryTest, SeveralRunSideBySide) {
  struct Nested : Recorder {
    explicit Nested(std::filesystem::path path) : database(std::move(path)) {}
    bool row(QueryRow row) override {
      // While this one stands still in the middle, another begins and ends, on a thread of its own as each
      // does.
      std::thread([this] {
        Recorder counted, sorted;
        EXPECT_TRUE(run_query(database, "SELECT count(*) FROM job", {}, counted).ok());
        EXPECT_FALSE(run_query(database, kLargeSort, {.disk_bytes = 1 << 20}, sorted).ok());
      }).join();
      return Recorder::row(std::move(row));
    }
    std::filesystem::path database;
  } nested(path());
  ASSERT_TRUE(run_query(path(), "SELECT name FROM jobs LIMIT 2", {}, nested).ok());
  EXPECT_EQ(nested.rows.size(), 2U);
}

TEST_F(QueryTest, WhoeverAskedMayEndIt) {
  Recorder stops;
  stops.stop_after = 3;
  EXPECT_EQ(run_query(path(), std::string(kEndless) + "i FROM n", {}, stops).error().code,
            ErrorCode::unavailable);
  EXPECT_EQ(stops.rows.size(), 3U);
  Recorder gone;
  gone.questions_allowed = 5;
  EXPECT_EQ(run_query(path(), std::string(kEndless) + "sum(i) FROM n", {}, gone).error().code,
            ErrorCode::unavailable);
  EXPECT_TRUE(gone.rows.empty());
}

TEST_F(QueryTest, TheWriterGoesOnMeanwhileAndTheQuerySeesOneMoment) {
  struct Writing : Recorder {
    explicit Writing(Store& to) : store(to) {}
    bool row(QueryRow row) override {
      commit(store, {core::AppendLog{{1}, {"more"}}});
      return Recorder::row(std::move(row));
    }
    Store& store;
  } writing(*store_);
  ASSERT_TRUE(run_query(path(), "SELECT text FROM log_line", {}, writing).ok());
  EXPECT_EQ(writing.rows.size(), 1U);
  ASSERT_TRUE(run("SELECT text FROM log_line").ok());
  EXPECT_EQ(recorder_.rows.size(), 2U);
}

}  // namespace
}  // namespace spin
