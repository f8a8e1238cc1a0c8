#include <algorithm>

#include <signal.h>

#include "client/commands/invocation.h"
#include "tests/client/commands/control_fixture.h"

// drain, query, backup and doctor, and coordinators that do not serve them.

namespace spin::cli {
namespace {

using nlohmann::json;
using std::chrono::seconds;

class UpkeepTest : public ControlTest {
 protected:
  static WorkerRow worker(int busy) {
    return {.name = "gpu1",
            .host = "host",
            .version = "0.1.0",
            .state = "online",
            .devices = {"cuda:0"},
            .slots = 4,
            .busy = busy,
            .threads = 1,
            .jobs_done = 7,
            .last_seen_ms = 0};
  }

  static WorkerRow set_aside() {
    auto row = worker(1);
    row.state = "quarantined";
    return row;
  }

  std::string state_of_worker() { return ask_json({"workers"})[0].at("state"); }
};

TEST_F(UpkeepTest, DrainSaysWhatTheWorkerFinishesFirst) {
  coordinator.attach(worker(2));
  const auto finished = ask({"drain", "gpu1"});
  EXPECT_EQ(finished.exit_code, kDone) << finished.errors;
  EXPECT_EQ(finished.output, "gpu1 takes no more jobs and leaves after the 2 jobs that it runs\n");
  EXPECT_EQ(state_of_worker(), "draining");
}

TEST_F(UpkeepTest, DrainWaitsUntilTheWorkerIsGone) {
  coordinator.attach(worker(2));
  auto drain = begin({"drain", "gpu1", "--wait"});
  ASSERT_TRUE(shows(drain, "2 jobs to go")) << drain.output();
  coordinator.end_one("gpu1");
  ASSERT_TRUE(shows(drain, "1 job to go")) << drain.output();
  EXPECT_TRUE(drain.running());
  coordinator.end_one("gpu1");
  EXPECT_EQ(drain.wait(seconds(20)), kDone) << drain.output();
  EXPECT_NE(drain.output().find("gpu1 is gone"), std::string::npos) << drain.output();
}

TEST_F(UpkeepTest, DrainEndsWithAWorkerThatCameBack) {
  coordinator.attach(worker(1));
  auto drain = begin({"drain", "gpu1", "--wait"});
  ASSERT_TRUE(shows(drain, "1 job to go")) << drain.output();
  coordinator.attach(worker(0));
  EXPECT_EQ(drain.wait(seconds(20)), kDone) << drain.output();
  EXPECT_NE(drain.output().find("attached again"), std::string::npos) << drain.output();
}

TEST_F(UpkeepTest, DrainIsAskedForAgainOfACoordinatorThatCameBackWithoutIt) {
  coordinator.attach(worker(1));
  auto drain = begin({"drain", "gpu1", "--wait"});
  ASSERT_TRUE(shows(drain, "1 job to go")) << drain.output();
  vanish();
  coordinator.start_anew({worker(1)});
  serve();
  EXPECT_TRUE(eventually(seconds(20), [&] { return state_of_worker() == "draining"; })) << drain.output();
  EXPECT_TRUE(drain.running());
  coordinator.end_one("gpu1");
  EXPECT_EQ(drain.wait(seconds(20)), kDone) << drain.output();
}

// A coordinator may be back before anybody has noticed that it was gone.
TEST_F(UpkeepTest, DrainIsAskedForAgainWhereTheNewCoordinatorHasSetTheWorkerAside) {
  coordinator.attach(worker(1));
  auto drain = begin({"drain", "gpu1", "--wait"});
  ASSERT_TRUE(shows(drain, "1 job to go")) << drain.output();
  coordinator.start_anew({set_aside()});
  EXPECT_TRUE(eventually(seconds(20), [&] { return coordinator.drains() == 2; })) << drain.output();
  coordinator.end_one("gpu1");
  EXPECT_EQ(drain.wait(seconds(20)), kDone) << drain.output();
  EXPECT_NE(drain.output().find("gpu1 is gone"), std::string::npos) << drain.output();
}

TEST_F(UpkeepTest, DrainEndsWithAWorkerThatCameBackAfterItWasSetAside) {
  coordinator.attach(set_aside());
  auto drain = begin({"drain", "gpu1", "--wait"});
  ASSERT_TRUE(shows(drain, "1 job to go")) << drain.output();
  coordinator.attach(worker(0));
  EXPECT_EQ(drain.wait(seconds(20)), kDone) << drain.output();
  EXPECT_NE(drain.output().find("attached again"), std::string::npos) << drain.output();
  EXPECT_EQ(coordinator.drains(), 1) << "who came back is not drained";
}

TEST_F(UpkeepTest, DrainWaitsForAWorkerThatFindsTheNewCoordinatorLater) {
  coordinator.attach(worker(1));
  auto drain = begin({"drain", "gpu1", "--wait"});
  ASSERT_TRUE(shows(drain, "1 job to go")) << drain.output();
  coordinator.start_anew({});
  ASSERT_TRUE(shows(drain, "gpu1 has not yet found the coordinator")) << drain.output();
  coordinator.attach(worker(1));
  EXPECT_TRUE(eventually(seconds(20), [&] { return state_of_worker() == "draining"; })) << drain.output();
  coordinator.end_one("gpu1");
  EXPECT_EQ(drain.wait(seconds(20)), kDone) << drain.output();
  EXPECT_NE(drain.output().find("gpu1 is gone"), std::string::npos) << drain.output();
}

TEST_F(UpkeepTest, InterruptedDrainGoesOnWithoutItsWatcher) {
  coordinator.attach(worker(1));
  auto drain = begin({"drain", "gpu1", "--wait"});
  ASSERT_TRUE(shows(drain, "1 job to go")) << drain.output();
  drain.signal(SIGINT);
  EXPECT_EQ(drain.wait(seconds(20)), 128 + SIGINT) << drain.output();
  EXPECT_NE(drain.output().find("stopped waiting; gpu1 still leaves"), std::string::npos) << drain.output();
  EXPECT_EQ(state_of_worker(), "draining");
}

TEST_F(UpkeepTest, DrainMayBeAskedForAgain) {
  coordinator.attach(worker(1));
  ask({"drain", "gpu1"});
  auto drain = begin({"drain", "gpu1", "--wait"});
  ASSERT_TRUE(shows(drain, "1 job to go")) << drain.output();
  coordinator.end_one("gpu1");
  EXPECT_EQ(drain.wait(seconds(20)), kDone) << drain.output();
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"drain", "gpu1"}, {"drain", "gpu1", "--wait"}}) {
    const auto again = ask(args);
    EXPECT_EQ(again.exit_code, kDone) << again.errors;
    EXPECT_TRUE(again.output.starts_with("gpu1 is gone already; it was last seen ")) << again.output;
  }
}

TEST_F(UpkeepTest, DrainAsJsonIsOneObject) {
  const auto object = [](const char* state, int running) {
    return json{{"worker", "gpu1"}, {"state", state}, {"running", running}};
  };
  coordinator.attach(worker(2));
  EXPECT_EQ(ask_json({"drain", "gpu1"}), object("draining", 2));
  coordinator.attach(worker(0));
  EXPECT_EQ(ask_json({"drain", "gpu1", "--wait"}), object("gone", 0));
  EXPECT_EQ(ask_json({"drain", "gpu1"}), object("gone", 0));
}

TEST_F(UpkeepTest, UnknownWorkerIsBadInput) {
  const auto finished = ask({"drain", "gpu9"});
  EXPECT_EQ(finished.exit_code, kBadInput);
  EXPECT_NE(finished.errors.find("gpu9"), std::string::npos) << finished.errors;
}

const char* const kPaperSql =
    "SELECT network, kernel, top1 FROM paper WHERE table_number IN (1, 8) AND (kernel IS NULL OR top1 < 73)";

TEST_F(UpkeepTest, QueryShowsATableAndRawJson) {
  const auto table =
      ask({"query", "SELECT network, kernel, top1 FROM paper WHERE table_number = 1 ORDER BY top1 LIMIT 2"});
  EXPECT_EQ(table.exit_code, kDone) << table.errors;
  EXPECT_EQ(table.output,
            "network       kernel   top1\n"
            "WS-ConvMixer       3      -\n"
            "WS-ConvMixer       3  72.35\n");
  const auto rows = json::parse(ask({"query", kPaperSql, "--format", "json"}).output);
  bool has_null = false;
  for (const auto& row : rows) {
    EXPECT_TRUE(row.at("top1").is_number_float()) << row;
    EXPECT_TRUE(row.at("kernel").is_null() || row.at("kernel").is_number_integer()) << row;
    has_null = has_null || row.at("kernel").is_null();
  }
  EXPECT_TRUE(has_null);
}

TEST_F(UpkeepTest, QueryReadsFilesAndStandardInput) {
  const auto file = write_file(folder / "one.sql", "SELECT 1 AS one\n");
  EXPECT_EQ(ask({"query", "--file", file, "--format", "csv"}).output, "one\r\n1\r\n");
  const auto piped =
      run_command({"/bin/sh", "-c", "echo 'SELECT 2 AS two' | \"$0\" --connect \"$1\" query - --format csv",
                   kSpinctl, "unix:" + (folder / "sock").string()},
                  "client-test", seconds(60));
  EXPECT_EQ(piped.output, "two\r\n2\r\n") << piped.errors;
  EXPECT_EQ(ask({"query", "--file", (folder / "none.sql").string()}).exit_code, kBadInput);
}

TEST_F(UpkeepTest, QueryNeedsOneStatementFromOnePlace) {
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {"query"}, {"query", ""}, {"query", "SELECT 1", "--file", "/dev/null"}}) {
    const auto finished = ask(args);
    EXPECT_EQ(finished.exit_code, kBadInput);
    EXPECT_NE(finished.errors.find("--file FILE"), std::string::npos) << finished.errors;
  }
}

TEST_F(UpkeepTest, QueryShowsSqlitesOwnWords) {
  const auto finished = ask({"query", "SELECT nosuch FROM paper"});
  EXPECT_EQ(finished.exit_code, kBadInput);
  EXPECT_EQ(finished.errors, "spinctl: no such column: nosuch\n");
  EXPECT_EQ(finished.output, "");
}

TEST_F(UpkeepTest, QuerySaysThatItOnlyReads) {
  for (const auto* sql :
       {"DELETE FROM cells", " insert into cells VALUES (1)", "update cells set sweep = 'a'"}) {
    const auto finished = ask({"query", sql});
    EXPECT_EQ(finished.exit_code, kBadInput) << sql;
    EXPECT_NE(finished.errors.find("a query only reads: SELECT, WITH"), std::string::npos) << finished.errors;
  }
}

TEST_F(UpkeepTest, QuerySaysThatThereIsMore) {
  const std::string many =
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 50) SELECT x FROM n";
  const auto cut = ask({"query", many, "--limit", "5", "--format", "csv"});
  EXPECT_EQ(cut.exit_code, kDone) << cut.errors;
  EXPECT_EQ(std::count(cut.output.begin(), cut.output.end(), '\n'), 6) << cut.output;
  EXPECT_NE(cut.errors.find("only the first 5 rows are shown"), std::string::npos) << cut.errors;
  EXPECT_EQ(ask({"query", many}).errors, "");
  EXPECT_EQ(ask({"query", many, "--limit", "0"}).exit_code, kBadInput);
}

TEST_F(UpkeepTest, QueryWithoutRows) {
  const auto finished = ask({"query", "SELECT * FROM results"});
  EXPECT_EQ(finished.exit_code, kDone) << finished.errors;
  EXPECT_EQ(finished.output, "");
  EXPECT_EQ(finished.errors, "spinctl: no rows\n");
  EXPECT_EQ(json::parse(ask({"query", "SELECT * FROM results", "--format", "json"}).output), json::array());
}

TEST_F(UpkeepTest, BackupIsAFileOfTheCoordinatorsFolder) {
  const auto made = ask({"backup", "b.db"});
  EXPECT_EQ(made.exit_code, kDone) << made.errors;
  EXPECT_EQ(coordinator.upkeep.backups(), std::vector<std::string>{"b.db"});
  EXPECT_EQ(made.output, "backed up 4.0 KiB to /backups/b.db\n");
  const auto again = ask({"backup", "b.db"});
  EXPECT_EQ(again.exit_code, kBadInput);
  EXPECT_NE(again.errors.find("--replace"), std::string::npos) << again.errors;
  EXPECT_EQ(ask({"backup", "b.db", "--replace"}).exit_code, kDone);
  EXPECT_EQ(ask({"backup"}).exit_code, kDone) << "the coordinator chooses the name";
}

TEST_F(UpkeepTest, InterruptedBackupIsNone) {
  coordinator.upkeep.hold_backups();
  auto backup = begin({"backup", "b.db"});
  ASSERT_TRUE(eventually(seconds(20), [&] { return coordinator.upkeep.has_begun_backup(); }))
      << backup.output();
  backup.signal(SIGINT);
  EXPECT_EQ(backup.wait(seconds(20)), 128 + SIGINT) << backup.output();
  EXPECT_NE(backup.output().find("stopped; there is no backup"), std::string::npos) << backup.output();
  EXPECT_TRUE(coordinator.upkeep.backups().empty());
}

TEST_F(UpkeepTest, DoctorIsContentOrSaysWhatToDo) {
  coordinator.upkeep.set_checks(
      {{.name = "database", .state = CheckState::ok, .found = "whole", .advice = ""},
       {.name = "disk",
        .state = CheckState::warning,
        .found = "1.0 GiB free of /var/lib/spin",
        .advice = "make room"}});
  const auto content = ask({"doctor"});
  EXPECT_EQ(content.exit_code, kDone) << content.errors;
  EXPECT_EQ(content.output,
            "ok       database  whole\n"
            "warning  disk      1.0 GiB free of /var/lib/spin\n"
            "                   make room\n");
  EXPECT_FALSE(coordinator.upkeep.was_deep());
  coordinator.upkeep.set_checks({{.name = "artifacts",
                                  .state = CheckState::failed,
                                  .found = "2 files are missing",
                                  .advice = "put them back from a backup"}});
  const auto failed = ask({"doctor", "--deep", "--format", "json"});
  EXPECT_EQ(failed.exit_code, kWorkFailed);
  EXPECT_TRUE(coordinator.upkeep.was_deep());
  EXPECT_EQ(json::parse(failed.output), json::parse(R"([{"name": "artifacts", "state": "failed",
      "found": "2 files are missing", "advice": "put them back from a backup"}])"));
}

/// Knows nothing of what people ask, as a coordinator from before that.
class OldService final : public v1::Control::Service {};

TEST(OldCoordinator, IsSaidToBeOfAnotherVersion) {
  const TempFolder folder;
  const auto address = "unix:" + (folder / "sock").string();
  OldService service;
  const ControlServer server(service, (folder / "sock").string());
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {"pause", "tiny"}, {"drain", "w1"}, {"query", "SELECT 1"}, {"backup", "b.db"}, {"doctor"}}) {
    auto command = args;
    command.insert(command.end(), {"--connect", address});
    const auto finished = spinctl(command);
    EXPECT_EQ(finished.exit_code, kBadInput) << args[0];
    EXPECT_NE(finished.errors.find("is of another version"), std::string::npos) << finished.errors;
    EXPECT_EQ(finished.output, "");
  }
}

/// Loses patience with every watcher, with the code that the test gives.
class ImpatientService final : public v1::Control::Service {
 public:
  explicit ImpatientService(grpc::Status status) : status_(std::move(status)) {}
  grpc::Status Watch(grpc::ServerContext*, const v1::WatchRequest*,
                     grpc::ServerWriter<v1::SweepStatus>* writer) override {
    v1::SweepStatus message;
    message.set_name("tiny");
    message.mutable_counts()->set_ready(2);
    writer->Write(message);
    return status_;
  }
  grpc::Status GetJob(grpc::ServerContext*, const v1::GetJobRequest*, v1::JobDetail* response) override {
    response->mutable_row()->set_id(std::string(32, 'x'));
    response->mutable_row()->set_state(v1::JOB_STATE_RUNNING);
    return grpc::Status::OK;
  }
  grpc::Status GetLogs(grpc::ServerContext*, const v1::GetLogsRequest*,
                       grpc::ServerWriter<v1::LogLine>* writer) override {
    v1::LogLine line;
    line.set_number(1);
    line.set_text("first");
    writer->Write(line);
    return status_;
  }

 private:
  const grpc::Status status_;
};

TEST(SlowWatcher, IsToldThatItWasDropped) {
  for (const auto& status :
       {grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "dropped, because it was read too slowly"),
        grpc::Status(grpc::StatusCode::CANCELLED, "")}) {
    const TempFolder folder;
    const auto address = "unix:" + (folder / "sock").string();
    ImpatientService service(status);
    const ControlServer server(service, (folder / "sock").string());
    const auto watch = spinctl({"watch", "tiny", "--connect", address});
    EXPECT_EQ(watch.exit_code, kWorkFailed) << watch.errors;
    EXPECT_NE(watch.errors.find("read too slowly"), std::string::npos) << watch.errors;
    EXPECT_NE(watch.errors.find("`spinctl watch tiny` watches it again"), std::string::npos) << watch.errors;
    const auto logs = spinctl({"logs", "0123456789ab", "-f", "--connect", address});
    EXPECT_EQ(logs.exit_code, kWorkFailed) << logs.errors;
    EXPECT_NE(logs.errors.find("read too slowly"), std::string::npos) << logs.errors;
    EXPECT_EQ(logs.output, "first\n");
  }
}

}  // namespace
}  // namespace spin::cli
