#include <filesystem>
#include <iomanip>
#include <map>
#include <ranges>
#include <sstream>
#include <string>
#include <vector>

#include "schema/sql/tables.h"
#include "server/store/mark_runs.h"
#include "server/store/migrate.h"
#include "server/store/names.h"
#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

// A database of an earlier spin, with something in every table, opened by today's code.

namespace spin {
namespace {

namespace fs = std::filesystem;

/// Rows as a coordinator that is in the middle of its work leaves them. The names carry
/// what a text may carry.
constexpr char kRows[] = R"sql(
UPDATE meta SET value = 1700000000 WHERE key = 'boot_epoch';
INSERT INTO meta (key, value) VALUES ('version', '0.0.1');
INSERT INTO sweep (id, name, description, priority, max_attempts, seeds, left_out_by_exclude, left_out_by_limits, source,
                   overrides, requirements, submitted_at_ms, cancelled) VALUES
  (1, 'first', 'it''s a "test"', 5, 3, 5, 1, 2, 'version: 1' || char(10), '[{"path":"a","value":"b"}]', '{}', 1700000000123, 0),
  (2, 'größer', '', -3, 1, 1, 0, 0, '', '[]', '{}', 1700000001000, 1);
INSERT INTO label (id, text, in_name) VALUES
  (1, '64/8/4/3', 'convmixer-64-8-4-3'), (2, 'none', ''), (3, '', ''), (4, 'sequential 2', '.sequential-2'),
  (5, 'mean', '.mean'), (6, 'lr 0.1', '.lr-0.1'), (7, '768/32/14/3', 'convmixer-768-32-14-3');
INSERT INTO cell (sweep, position, network, sharing, transform, fusion, settings, repetition, params, flops, unshared) VALUES
  (1, 0, 1, 2, 2, 2, 3, '', 1000, 2000, NULL),
  (1, 1, 1, 4, 2, 5, 6, '', 500, 2000, 0),
  (2, 0, 7, 2, 2, 2, 3, '.x', 1000, 2000, NULL);
INSERT INTO config_part (id, text) VALUES
  (1, '0,"dataset":{"eval_limit":0,"name":"imagenet","train_limit":0},"fusion":{"strategy":"none"},"network":{"channels":768,' ||
      '"depth":32,"family":"convmixer","kernel":3,"patch":14,"resolution":224},"sharing":{"components":[]},' ||
      '"training":{"label_noise":0.0}}'), (2, '1}'), (3, '2}'), (4, '3}'), (5, '4}'), (7, '{"seed":');
INSERT INTO demand (id, dataset, memory_bytes, work) VALUES (1, 'mnist', 0, 1e9), (2, 'mnist', 0, 2.5);
INSERT INTO job (key, hash, config, seed, demand)
  SELECT value, randomblob(32), json_array(7, 1 + (value - 1) % 5), (value - 1) % 5, 1 + (value > 2)
  FROM json_each('[1, 2, 3, 4, 5, 6, 7, 8, 9]');
INSERT INTO job_state (job, state, reason, failures, trainer_deaths, workers_lost) VALUES
  (1, NULL, '', 0, 0, 1),
  (2, 3, '', 1, 0, 0),
  (4, 6, 'loss: no such file', 3, 1, 0),
  (5, 7, 'its base failed', 0, 0, 0),
  (7, 8, '', 0, 0, 0),
  (9, 2, 'worker lost', 1, 0, 1);
INSERT INTO job_input (job, role, source) VALUES (2, 'init', 1), (5, 'init', 4);
INSERT INTO sweep_range (sweep, first, job, jobs) VALUES (1, 0, 1, 4), (1, 4, 5, 5), (2, 0, 1, 1);
INSERT INTO worker (name, version, host, devices, slots, threads, pid, labels, jobs_done, first_seen_ms,
                    last_seen_ms) VALUES
  ('w1', '0.0.1', 'host', '[{"device": "cpu", "memory_bytes": 0}]', 2, 3, 77, '[]', 2, 1700000000000, 1700000002000);
INSERT INTO attempt (boot_epoch, sequence, job, worker, state, error, started_at_ms, ended_at_ms) VALUES
  (1700000000, 1, 1, 'w1', 'finished', '', 1700000000500, 1700000000900),
  (1700000000, 2, 2, 'w1', 'failed', 'exit code 1', 1700000001000, 1700000001100),
  (1700000000, 3, 2, 'w1', 'running', '', 1700000001200, NULL),
  (1700000000, 4, 6, 'w1', 'lost', '', 1700000001200, 1700000001300);
INSERT INTO epoch (job, epoch, attempt_boot_epoch, attempt_sequence, loss, top1, reported_at_ms) VALUES
  (1, 1, 1700000000, 1, 2.25, 10.5, 1700000000600),
  (1, 2, 1700000000, 1, 1.125, 20.5, 1700000000700),
  (6, 1, 9, 9, NULL, NULL, 1700000000700);
INSERT INTO result (job, attempt_boot_epoch, attempt_sequence, outcome, top1, top5, finished_at_ms, data) VALUES
  (1, 1700000000, 1, 'completed', 20.5, 60, 1700000000900, 'ab'),
  (6, 1700000000, 4, 'diverged', NULL, NULL, 1700000001300, '');
INSERT INTO superseded_result (job, attempt_boot_epoch, attempt_sequence, outcome, top1, finished_at_ms, data, superseded_at_ms,
                               last_boot_epoch, last_sequence)
  VALUES (1, 1, 1, 'completed', 30.5, 4, 'cd', 5, 6, 7);
INSERT INTO data_state (dataset, fingerprint, summary, retired) VALUES ('mnist', 'ab', '4 files', 0), ('mnist', 'cd', '', 1);
INSERT INTO sweep_data (sweep, dataset, root) VALUES (1, 'mnist', '/größe'), (1, 'imagefolder x', '');
INSERT INTO reached_early (sweep, pass, job) VALUES (1, 'settling', 8), (1, 'retrying', 8);
INSERT INTO artifact (hash, bytes, stored_at_ms) VALUES
  (zeroblob(32), 10, 1700000000800), (randomblob(32), 20, 1700000001250), (randomblob(32), 30, 1700000001250);
INSERT INTO job_artifact (job, kind, artifact, epoch)
  SELECT 1, 'model', zeroblob(32), 0 UNION ALL SELECT 2, 'checkpoint', hash, 7 FROM artifact WHERE bytes = 20;
INSERT INTO log_line (job, number, at_ms, text) VALUES
  (1, 1, 1700000000550, 'epoch 1'), (1, 2, 1700000000650, ''), (2, 5001, 1700000000650, 'later');
)sql";

constexpr char kNamesOfCells[] =
    "SELECT (SELECT group_concat(in_name, '') FROM (SELECT in_name FROM label l JOIN json_each(json_array("
    "c.network, c.sharing, c.transform, c.fusion, c.settings)) n ON n.value = l.id ORDER BY n.key)) || "
    "c.repetition FROM cell c WHERE c.sweep = ";

/// Of the identity of each job and of the name of each cell.
void fill_marks(const fs::path& path) {
  const auto insert = [&path](const std::string& list, int first, const std::string& marks) {
    run_sql(path, "INSERT INTO mark_run (list, first, marks) VALUES (" + list + ", " + std::to_string(first) +
                      ", x'" + marks + "')");
  };
  std::string identities;
  for (const auto& mark : rows_of(path, "SELECT hex(substr(hash, 1, 4)) FROM job ORDER BY key"))
    identities += mark;
  insert(std::to_string(kIdentityMarks), 1, identities);
  for (const auto& sweep : rows_of(path, "SELECT id FROM sweep")) {
    std::ostringstream names;
    names << std::hex << std::setfill('0');
    for (const auto& name : rows_of(path, kNamesOfCells + sweep + " ORDER BY c.position"))
      names << std::setw(8) << mark_of(name);
    insert(sweep, 0, names.str());
  }
}

/// Of a spin that knew two metrics and had other views.
void make_old(const fs::path& path) {
  std::string sql = "PRAGMA synchronous = OFF; BEGIN;";
  for (const auto& migration : migrations()) sql += std::string(migration.sql) + ";";
  for (const auto& table : kMetricTables)
    for (const auto& metric : metrics_of(table) | std::views::take(2)) sql += add_column(table, metric) + ";";
  sql += "CREATE VIEW epochs AS SELECT loss FROM epoch; CREATE VIEW curves AS SELECT loss FROM epoch;";
  sql += kRows;
  run_sql(path, sql + "PRAGMA user_version = " + std::to_string(migrations().size()) + "; COMMIT");
  fill_marks(path);
}

std::string columns_of(const fs::path& path, const std::string& table) {
  return rows_of(path,
                 "SELECT group_concat('quote(' || name || ')', ', ') FROM pragma_table_info('" + table + "')")
      .at(0);
}

std::vector<std::string> names_of(const fs::path& path, const std::string& type) {
  return rows_of(path, "SELECT name FROM sqlite_schema WHERE type = '" + type + "' ORDER BY name");
}

class OldDatabase : public ::testing::Test {
 protected:
  OldDatabase() { make_old(path()); }
  [[nodiscard]] fs::path path() const { return folder_ / "spin.db"; }

  TempFolder folder_;
};

TEST_F(OldDatabase, LosesNothing) {
  struct Content {
    std::string query;
    std::vector<std::string> rows;
  };
  std::map<std::string, Content> before;
  for (const auto& table : names_of(path(), "table")) {
    if (table == "meta") continue;  // the boot epoch grows
    const auto query = "SELECT " + columns_of(path(), table) + " FROM " + table + " ORDER BY 1, 2";
    before[table] = {query, rows_of(path(), query)};
    EXPECT_FALSE(before[table].rows.empty()) << "the test leaves table " << table << " empty";
  }
  ASSERT_GE(before.size(), 13U);
  open_store(path())->close();
  for (const auto& [table, content] : before)
    EXPECT_EQ(rows_of(path(), content.query), content.rows) << table;
  EXPECT_EQ(rows_of(path(), "PRAGMA user_version").at(0), std::to_string(migrations().size()));
}

TEST_F(OldDatabase, EndsAsOneThatWasMadeToday) {
  const auto schema = [](const fs::path& database) {
    return rows_of(
        database,
        "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY 1, 2");
  };
  open_store(path())->close();
  open_store(folder_ / "new.db")->close();
  EXPECT_EQ(schema(path()), schema(folder_ / "new.db"));
  EXPECT_EQ(rows_of(path(), "PRAGMA foreign_key_check"), std::vector<std::string>());
  EXPECT_EQ(rows_of(path(), "PRAGMA integrity_check"), std::vector<std::string>{"ok"});
}

TEST_F(OldDatabase, AnswersThroughEveryView) {
  open_store(path())->close();
  const auto views = names_of(path(), "view");
  EXPECT_EQ(views.size(), spin::views().size()) << "curves is no view of today";
  for (const auto& view : views)
    EXPECT_TRUE(view == "effects" || !rows_of(path(), "SELECT * FROM " + view).empty())
        << view;  // effects needs two jobs that differ in one axis
}

TEST_F(OldDatabase, IsLeftAloneOnceItIsUpToDate) {
  open_store(path())->close();
  auto database = value_of(Database::open(path(), Database::Mode::read_write));
  EXPECT_EQ(value_of(renewal(database)), "");
}

TEST_F(OldDatabase, GoesOnWhereItWas) {
  const auto store = open_store(path());
  const auto state = load(*store);
  EXPECT_GT(state.boot_epoch, 1'700'000'000);
  ASSERT_EQ(state.sweeps.size(), 2U);
  EXPECT_EQ(state.sweeps[1].name, "größer");
  EXPECT_TRUE(state.sweeps[1].cancelled);
  ASSERT_EQ(state.jobs.size(), 9U);
  const auto& running = state.jobs[1];
  EXPECT_EQ(running.state, JobState::running);
  EXPECT_EQ(running.attempt, (AttemptToken{1'700'000'000, 3}));
  EXPECT_EQ(running.inputs, (std::vector<core::StoredInput>{{InputRole::init, {1}}}));
  EXPECT_TRUE(artifact_in(running.artifacts, ArtifactKind::checkpoint).has_value());
  EXPECT_FALSE(running.priority.has_value());
  EXPECT_EQ(running.memory_bytes, 0);
  EXPECT_EQ(state.sweeps[0].priority, 5);
  EXPECT_EQ(state.sweeps[0].requirements, Requirements{});
  EXPECT_EQ(state.jobs[3].reason, "loss: no such file");

  commit(*store, {core::EndAttempt{{1'700'000'000, 3}, {2}, "finished", ""},
                  core::InsertResult{{2},
                                     {1'700'000'000, 3},
                                     {Outcome::completed,
                                      {{Metric::top1, 90},
                                       {Metric::top5, 99},
                                       {Metric::params, 1000},
                                       {Metric::flops, 2000},
                                       {Metric::images_per_second, 300},
                                       {Metric::peak_bytes, 1 << 20},
                                       {Metric::seconds, 12.5}}},
                                     "w1"},
                  set_state(2, JobState::completed)});
  const auto reader = value_of(Reader::open(path()));
  EXPECT_EQ(value_of(reader->job({2})).result->values[Metric::top1], 90);
  EXPECT_EQ(value_of(reader->job({1})).epochs.size(), 2U);
  EXPECT_EQ(value_of(reader->job({3})).config, R"({"seed":2})");
  EXPECT_EQ(value_of(reader->find_job(state.jobs[2].id.hex())), core::JobKey{3});
  EXPECT_EQ(value_of(reader->find_job("first/convmixer-64-8-4-3.s2")), core::JobKey{3});
  EXPECT_EQ(value_of(reader->find_job("größer/convmixer-768-32-14-3.x.s0")), core::JobKey{1});
  EXPECT_EQ(results_of(*reader, SweepId{1}).size(), 2U);
  EXPECT_EQ(value_of(reader->workers()).at(0).jobs_done, 3);
}

/// What the CHECK of a column accepts.
std::vector<std::string> accepted(const fs::path& path, const std::string& table, const std::string& column) {
  const auto sql = rows_of(path, "SELECT sql FROM sqlite_schema WHERE name = '" + table + "'").at(0);
  const auto start = sql.find(column + " TEXT NOT NULL CHECK");
  std::vector<std::string> names;
  std::size_t end = sql.find("),", start);
  for (auto quote = sql.find('\'', start); quote < end; quote = sql.find('\'', quote)) {
    const auto close = sql.find('\'', quote + 1);
    names.push_back(sql.substr(quote + 1, close - quote - 1));
    quote = close + 1;
  }
  return names;
}

template <class E>
std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const auto& entry : enum_names<E>()) names.emplace_back(entry.name);
  return names;
}

TEST(Tables, AcceptTheNamesOfTheSchemaAndNoOthers) {
  const TempFolder folder;
  const fs::path path = folder / "spin.db";
  open_store(path)->close();
  EXPECT_EQ(accepted(path, "result", "outcome"), all_names<Outcome>());
}

constexpr Migration kParents = {"0001_parents",
                                "CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT;"
                                "CREATE TABLE child (parent INTEGER REFERENCES parent (id)) STRICT;"
                                "CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT;"
                                "INSERT INTO parent VALUES (1), (2); INSERT INTO child VALUES (1), (2)"};

class MigrationTest : public ::testing::Test {
 protected:
  MigrationTest() { run_sql(path_, "PRAGMA journal_mode = WAL"); }

  Status migrate_to(const std::vector<Migration>& all) {
    auto database = value_of(Database::open(path_, Database::Mode::read_write));
    return migrate(database, all);
  }

  TempFolder folder_;
  const fs::path path_ = folder_ / "spin.db";
};

TEST_F(MigrationTest, ATableThatOthersNameMayBeMadeAnew) {
  const Migration rebuild = {"0002_rebuild",
                             "CREATE TABLE wider (id INTEGER PRIMARY KEY, more TEXT) STRICT;"
                             "INSERT INTO wider (id) SELECT id FROM parent;"
                             "DROP TABLE parent; ALTER TABLE wider RENAME TO parent"};
  ASSERT_TRUE(migrate_to({kParents, rebuild}).ok());
  EXPECT_EQ(rows_of(path_, "SELECT parent.id FROM child JOIN parent ON parent.id = child.parent"),
            (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(rows_of(path_, "PRAGMA foreign_key_check"), std::vector<std::string>());
}

TEST_F(MigrationTest, OneThatLosesARowThatAnotherNamesIsUndone) {
  ASSERT_TRUE(migrate_to({kParents}).ok());
  const auto status = migrate_to({kParents, {"0002_loss", "DELETE FROM parent WHERE id = 2"}});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::data_loss);
  for (const auto* part : {"child", "parent", "0002_loss", "undone"}) {
    EXPECT_NE(status.error().message.find(part), std::string::npos) << status.error().message;
  }
  EXPECT_EQ(rows_of(path_, "SELECT count(*) FROM parent").at(0), "2");
  EXPECT_EQ(rows_of(path_, "PRAGMA user_version").at(0), "1");
}

TEST_F(MigrationTest, OneThatFailsHalfWayIsUndoneAndTheOnesBeforeStay) {
  const auto status = migrate_to(
      {kParents, {"0002_more", "CREATE TABLE more (id) "}, {"0003_bad", "DROP TABLE child; SELEC"}});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(rows_of(path_, "SELECT count(*) FROM child").at(0), "2");
  EXPECT_EQ(rows_of(path_, "PRAGMA user_version").at(0), "2");
}

}  // namespace
}  // namespace spin
