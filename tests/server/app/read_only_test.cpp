#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <sqlite3.h>
#include <sys/stat.h>

#include "tests/server/app/daemon_fixture.h"
#include "tests/server/app/fake_worker.h"
#include "tests/server/app/number_list.h"
#include "tests/server/app/people.h"

// Asking about a database that no spind serves: `spinctl COMMAND --db FILE` and `spind --read-only`.

namespace spin {
namespace {

namespace fs = std::filesystem;

class ReadOnlyTest : public DaemonTest {
 protected:
  /// A database with a sweep of five jobs, of which one is done.
  void SetUp() override {
    Process spind = start();
    fill();
    spind.signal(SIGTERM);
    ASSERT_EQ(spind.wait(kLimit), 0) << spind.output();
  }
  void fill() {
    ASSERT_TRUE(People(address()).submit(kSweep).ok());
    FakeWorker worker(address());
    worker.welcome();
    worker.offer(1);
    worker.finish(*worker.lease());
  }
  Finished ask(std::vector<std::string> arguments, const std::string& file = "spind.db") {
    arguments.insert(arguments.begin(), program("spinctl"));
    arguments.insert(arguments.end(), {"--db", path(file)});
    return run_command(arguments, folder_.path().string(), kLimit);
  }
  std::int64_t completed(const std::string& file) {
    const auto finished = ask({"status", "--format", "json"}, file);
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    if (finished.exit_code != 0) return -1;
    return nlohmann::json::parse(finished.output).at(0).at("completed").get<std::int64_t>();
  }
  /// Names and bytes of all files in the folder of the database but logs of tests.
  std::map<std::string, std::string> files() {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
      if (!entry.is_regular_file() || entry.path().filename().string().starts_with("log")) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      files[entry.path().string()] = {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
    return files;
  }
  /// Another program.
  std::unique_ptr<sqlite3, decltype(&sqlite3_close)> open(const std::string& file, const std::string& sql) {
    sqlite3* handle = nullptr;
    EXPECT_EQ(sqlite3_open(path(file).c_str(), &handle), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
    return {handle, sqlite3_close};
  }
  void copy_to(const std::string& file) { open("spind.db", "VACUUM INTO '" + path(file) + "'"); }
};

TEST_F(ReadOnlyTest, EveryReadingCommandAnswersWithoutASpindAndChangesNothing) {
  const auto before = files();
  EXPECT_EQ(completed("spind.db"), 1);
  const auto jobs = ask({"jobs", "study", "--format", "json"});
  ASSERT_EQ(jobs.exit_code, 0) << jobs.errors;
  const auto rows = nlohmann::json::parse(jobs.output);
  ASSERT_EQ(rows.size(), 5U);
  const std::string job = "study/" + rows.at(0).at("name").get<std::string>();
  for (const std::vector<std::string>& command : {std::vector<std::string>{"status"},
                                                  {"status", "study"},
                                                  {"job", job},
                                                  {"logs", job},
                                                  {"logs", job, "-f"},
                                                  {"results", "study"},
                                                  {"workers"},
                                                  {"query", "SELECT count(*) FROM cells"}}) {
    const auto finished = ask(command);
    EXPECT_EQ(finished.exit_code, 0) << command.front() << ": " << finished.errors;
  }
  EXPECT_TRUE(contains(ask({"query", "SELECT count(*) AS n FROM cells", "--format", "csv"}).output, "5"));
  EXPECT_EQ(ask({"results", "no-such-sweep"}).exit_code, 2);
  const auto cells = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"results", "study", "--format", "json"});
    const auto finished = ask(options);
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    return nlohmann::json::parse(finished.output, nullptr, false);
  };
  EXPECT_EQ(cells({}).size(), 5U);
  EXPECT_EQ(cells({"--where", "state=completed"}).size(), 1U);
  EXPECT_EQ(cells({"--pareto", "both"}).size(), 1U);
  EXPECT_EQ(cells({"--limit", "2"}).size(), 2U);
  const auto chosen = cells({"--sort", "top1_mean", "--columns", "name,top1_mean", "--where", "finished>0"});
  ASSERT_EQ(chosen.size(), 1U);
  EXPECT_EQ(chosen[0].size(), 2U);
  const std::string name = chosen[0].at("name");
  EXPECT_EQ(cells({"--baseline", name, "--where", "state=completed"})[0].at("difference"), 0);
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"--where", "top1_maen>3"},
                                                {"--sort", "nosuch"},
                                                {"--columns", "nosuch"},
                                                {"--pareto", "money"},
                                                {"--baseline", "nosuch"},
                                                {"--by", "sharing", "--where", "fusion=mean"}}) {
    std::vector<std::string> command{"results", "study"};
    command.insert(command.end(), wrong.begin(), wrong.end());
    const auto finished = ask(command);
    EXPECT_EQ(finished.exit_code, 2) << wrong[0];
    EXPECT_NE(finished.errors, "") << wrong[0];
    EXPECT_EQ(finished.output, "") << wrong[0];
  }
  EXPECT_EQ(cells({"--by", "sharing"}), nlohmann::json::array()) << "one job alone differs from none";
  EXPECT_TRUE(contains(ask({"results", "study", "--where", "top1_maen>3"}).errors, "do you mean top1_mean?"));
  EXPECT_TRUE(
      contains(ask({"results", "study", "--sql"}).output, "SELECT * FROM cells WHERE sweep_id IN (1)"));
  EXPECT_EQ(files(), before);
  EXPECT_TRUE(marked_processes(folder_.path().string(), "spind").empty());
}

TEST_F(ReadOnlyTest, WhatAQueryDoesNotHoldInMemoryNeedsNoTmpdir) {
  ::setenv("TMPDIR", "/nonexistent", 1);
  const auto distinct =
      ask({"query",
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) "
           "SELECT count(*) AS n FROM (SELECT DISTINCT i, printf('%200d', i) FROM n)",
           "--format", "csv"});
  ::unsetenv("TMPDIR");
  EXPECT_EQ(distinct.exit_code, 0) << distinct.errors;
  EXPECT_TRUE(contains(distinct.output, "400000")) << distinct.output;
  EXPECT_TRUE(contains(distinct.errors, "instead of TMPDIR=/nonexistent")) << distinct.errors;
}

TEST_F(ReadOnlyTest, ReadsACopyInAFolderWhereNobodyMayWrite) {
  fs::create_directory(folder_ / "archive");
  copy_to("archive/copy.db");
  fs::copy_file(database(), folder_ / "archive/as-it-was.db");
  ::chmod(path("archive").c_str(), 0500);
  EXPECT_EQ(completed("archive/copy.db"), 1);
  EXPECT_EQ(completed("archive/as-it-was.db"), 1);
  ::chmod(path("archive").c_str(), 0700);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "archive"), {}), 2);
}

TEST_F(ReadOnlyTest, ReadsWhatAKilledSpindLeft) {
  {
    Process spind = start();
    fill();
    spind.signal(SIGKILL);
    spind.wait(kLimit);
  }
  EXPECT_EQ(completed("spind.db"), 2) << "with what is in the write-ahead log alone";
}

TEST_F(ReadOnlyTest, AsksTheSpindThatHasItOpen) {
  Process spind = start();
  fill();
  EXPECT_EQ(completed("spind.db"), 2);
  const auto marked = marked_processes(folder_.path().string(), "spind");
  EXPECT_EQ(marked, std::vector<pid_t>{spind.pid()});
  const auto second = run({"--read-only", "--listen", "unix:" + path("o.sock"), "--db", database()});
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_TRUE(contains(second.errors, "is in use by spind pid " + std::to_string(spind.pid()) +
                                          ", which listens at " + address()))
      << second.errors;
}

TEST_F(ReadOnlyTest, RefusesWhatChangesAnything) {
  const Process spind = start({"--read-only"});
  const auto submitted = People(address()).submit(kSweep);
  EXPECT_EQ(submitted.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(contains(submitted.error_message(), "--read-only")) << submitted.error_message();
  for (const std::vector<std::string>& command : {std::vector<std::string>{"cancel", "study"},
                                                  {"pause", "study"},
                                                  {"drain", "w"},
                                                  {"watch", "study"}}) {
    std::vector<std::string> words{program("spinctl"), "--connect", address()};
    words.insert(words.end(), command.begin(), command.end());
    const auto finished = run_command(words, folder_.path().string(), kLimit);
    EXPECT_EQ(finished.exit_code, 2) << command.front();
    EXPECT_TRUE(contains(finished.errors, "--read-only")) << command.front() << ": " << finished.errors;
  }
}

TEST_F(ReadOnlyTest, ASpindThatWantsToWriteWaitsForWhoReads) {
  Process reader = start({"--read-only"});
  Process writer({spind(), "--listen", "unix:" + path("w.sock"), "--db", database()}, log(),
                 folder_.path().string());
  reader.signal(SIGTERM);
  EXPECT_EQ(reader.wait(kLimit), 0) << reader.output();
  EXPECT_TRUE(eventually(kLimit, [&] { return is_ready(writer); })) << writer.output();
}

TEST_F(ReadOnlyTest, ASpindThatWantsToWriteACopyWaitsForWhoReadsIt) {
  copy_to("copy.db");
  const auto before = files();
  Process reader({spind(), "--read-only", "--listen", address(), "--db", path("copy.db")}, log(),
                 folder_.path().string());
  ASSERT_TRUE(eventually(kLimit, [&] { return is_ready(reader); })) << reader.output();
  const auto also = run({"--listen", "unix:" + path("w.sock"), "--db", path("copy.db")});
  EXPECT_EQ(also.exit_code, 2);
  EXPECT_TRUE(contains(also.errors, "is being read by `spinctl --db`")) << also.errors;
  EXPECT_EQ(completed("copy.db"), 1) << "nobody serves it";
  reader.signal(SIGTERM);
  EXPECT_EQ(reader.wait(kLimit), 0) << reader.output();
  EXPECT_EQ(files().at(path("copy.db")), before.at(path("copy.db")));
  Process writer({spind(), "--listen", "unix:" + path("w.sock"), "--db", path("copy.db")}, log(),
                 folder_.path().string());
  EXPECT_TRUE(eventually(kLimit, [&] { return is_ready(writer); })) << writer.output();
}

TEST_F(ReadOnlyTest, ASharedJobHasTheNameThatEachSweepGaveIt) {
  Process spind = start();
  const std::string body =
      "\ndataset: fashion-mnist\nnetwork: {family: convmixer, channels: 16, depth: 4, patch: 4, kernel: 3}\n";
  std::string in_one, in_two;
  {
    // Gone before the reader is asked: who was connected to the spind that is killed may find that out at the
    // next call.
    People people(address());
    ASSERT_TRUE(people.submit("version: 1\nname: one" + body + "axes: {training.epochs: [1, 2]}\n").ok());
    ASSERT_TRUE(people.submit("version: 1\nname: two" + body + "training: {epochs: 1}\n").ok());
    in_one = people.jobs("one").at(0).name();
    in_two = people.jobs("two").at(0).name();
    ASSERT_NE(in_one, in_two);
    FakeWorker worker(address());
    worker.welcome();
    worker.offer(7);
    while (worker.lease().has_value() && people.sweeps("two").at(0).running_size() == 0) {
    }
    spind.signal(SIGKILL);
    spind.wait(kLimit);
  }
  const Process reader = start({"--read-only"});
  People people(address());
  for (const auto& [sweep, name] : {std::pair("one", in_one), std::pair("two", in_two)}) {
    const auto running = people.sweeps(sweep).at(0).running();
    EXPECT_TRUE(std::any_of(running.begin(), running.end(), [&](const auto& job) {
      return job.name() == name;
    })) << sweep;
    v1::GetJobRequest request;
    request.set_job(std::string(sweep) + "/" + name);
    v1::JobDetail detail;
    ASSERT_TRUE(people.call([&](auto* c) { return people.stub().GetJob(c, request, &detail); }).ok());
    EXPECT_EQ(detail.row().name(), name);
  }
}

TEST_F(ReadOnlyTest, ShowsJobsAsASweepWantsThemThatHasNotReachedThemAll) {
  Process spind = start();
  ASSERT_TRUE(People(address())
                  .submit("version: 1\nname: large\ndataset: fashion-mnist\n"
                          "network: {family: convmixer, channels: 8, depth: 4, patch: 4, kernel: 3}\n"
                          "training: {epochs: 1}\naxes:\n  training.lr: " +
                          number_list(60, ".0e-4") +
                          "\n  training.weight_decay: " + number_list(100, ".0e-5") + "\n")
                  .ok());
  ASSERT_TRUE(People(address()).cancel("large").ok());
  spind.signal(SIGKILL);
  spind.wait(kLimit);
  const Process reader = start({"--read-only"});
  const auto rows = People(address()).jobs("large");
  EXPECT_EQ(rows.size(), 6000U);
  for (const auto& row : rows) ASSERT_EQ(row.state(), v1::JOB_STATE_CANCELLED) << row.name();
}

TEST_F(ReadOnlyTest, SaysWhyADatabaseCannotBeRead) {
  EXPECT_TRUE(contains(ask({"status"}, "none.db").errors, "there is no database " + path("none.db")));
  EXPECT_EQ(ask({"status"}, "none.db").exit_code, 2);
  EXPECT_FALSE(fs::exists(path("none.db")));
  std::ofstream(path("notes.txt"))
      << "no database at all, though long enough to be taken for one at first sight";
  EXPECT_NE(ask({"status"}, "notes.txt").exit_code, 0);

  copy_to("locked.db");
  const auto other = open("locked.db", "BEGIN EXCLUSIVE");
  const auto locked = ask({"status"}, "locked.db");
  EXPECT_EQ(locked.exit_code, 2);
  EXPECT_TRUE(contains(locked.errors, "another program holds a lock")) << locked.errors;

  copy_to("old.db");
  open("old.db", "PRAGMA user_version = 0");
  const auto old = ask({"status"}, "old.db");
  EXPECT_EQ(old.exit_code, 2);
  EXPECT_TRUE(contains(old.errors, "has schema version 0")) << old.errors;
  EXPECT_TRUE(contains(old.errors, "`spind --db`")) << old.errors;

  const auto both = run_command({program("spinctl"), "--connect", address(), "status", "--db", database()},
                                folder_.path().string(), kLimit);
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_TRUE(contains(both.errors, "give one of them")) << both.errors;
}

}  // namespace
}  // namespace spin
