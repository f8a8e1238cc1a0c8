#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/commands/invocation.h"
#include "schema/base/database_lock.h"
#include "tests/client/commands/fake_coordinator.h"
#include "tests/client/commands/spinctl.h"

// What `run` does when its daemons do not come up, or no worker trains. The daemons are scripts beside a copy
// of spinctl, one of which calls the real spind; whole runs with real ones are in tests/e2e.

namespace spin::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

class RunTest : public ::testing::Test {
 protected:
  RunTest() {
    expect_default_signals();
    fs::create_directory(folder / "bin");
    fs::create_directory(folder / "tmp");
    fs::copy_file(kSpinctl, folder / "bin/spinctl");
  }
  void install(const std::string& name, const std::string& script) {
    const auto path = write_file(folder / "bin" / name, "#!/bin/sh\n" + script + "\n");
    ::chmod(path.c_str(), 0700);
  }
  std::vector<std::string> command(const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"/usr/bin/env", "TMPDIR=" + (folder / "tmp").string(),
                                   (folder / "bin/spinctl").string(), "run", sweep};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  bool left_nothing() { return fs::is_empty(folder / "tmp"); }
  /// What is in the folder for temporary files, by name.
  std::set<std::string> left() {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder / "tmp"))
      names.insert(entry.path().filename().string());
    return names;
  }
  std::string mark() const { return "run-test-" + folder.path().filename().string(); }

  TempFolder folder;
  std::string sweep = write_file(folder / "tiny.yaml", kSweep);
};

TEST_F(RunTest, SaysWhyTheCoordinatorDoesNotStart) {
  install("spind", "echo 'spind: database is locked by process 17' >&2; exit 2");
  install("spin-worker", "exec sleep 600");
  const auto finished = run_command(command(), "run-test-start", seconds(60));
  EXPECT_EQ(finished.exit_code, kBadInput) << finished.errors;
  EXPECT_NE(finished.errors.find("\n  spind: database is locked by process 17\n"), std::string::npos)
      << "the log has lines of its own: " << finished.errors;
  EXPECT_EQ(finished.output, "");
  EXPECT_TRUE(left_nothing());
}

TEST_F(RunTest, InterruptWhileStartingLeavesNothing) {
  install("spind", "echo up > " + (folder / "up").string() + "; exec sleep 600");
  install("spin-worker", "exec sleep 600");
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    Process run(command(), folder / "run.log", mark());
    ASSERT_TRUE(eventually(seconds(20), [&] { return fs::exists(folder / "up"); })) << run.output();
    run.signal(number);
    EXPECT_EQ(run.wait(seconds(20)), 128 + number) << run.output();
    EXPECT_NE(run.output().find("--db PATH"), std::string::npos) << run.output();
    EXPECT_TRUE(eventually(seconds(10), [&] { return marked_processes(mark()).empty(); }));
    EXPECT_TRUE(left_nothing());
    fs::remove(folder / "up");
  }
}

TEST_F(RunTest, InterruptWhileTheCoordinatorDoesNotAnswer) {
  // The script says that it serves; the test does so in its place.
  install("spind", "while [ ! -e " + (folder / "go").string() +
                       " ]; do sleep 0.02; done; echo up >&3; exec sleep 600");
  install("spin-worker", "exec sleep 600");
  FakeCoordinator coordinator;
  const auto artifacts = std::move(*ArtifactStore::open(folder / "artifacts"));
  ControlService service(coordinator, *artifacts);
  Process run(command(), folder / "run.log", mark());
  ASSERT_TRUE(eventually(seconds(20), [&] {
    const auto names = left();
    return names.size() == 1 && names.begin()->starts_with("spin-run.");
  })) << run.output();
  const ControlServer server(service, (folder / "tmp" / *left().begin() / "spind.sock").string());
  FakeCoordinator::Hold hold(coordinator);
  write_file(folder / "go", "");
  ASSERT_TRUE(hold.has_new_call(seconds(20))) << run.output();
  run.signal(SIGINT);
  EXPECT_EQ(run.wait(seconds(20)), 128 + SIGINT) << run.output();
  EXPECT_NE(run.output().find("--db PATH"), std::string::npos) << run.output();
  EXPECT_TRUE(left_nothing());
}

TEST_F(RunTest, ClearsAwayWhatAKilledRunLeftAndNothingElse) {
  install("spind", "echo up >> " + (folder / "up").string() + "; exec sleep 600");
  install("spin-worker", "exec sleep 600");
  const auto has_started = [&] { return fs::exists(folder / "up"); };
  Process killed(command(), folder / "killed.log", mark() + "-killed");
  ASSERT_TRUE(eventually(seconds(20), has_started)) << killed.output();
  killed.signal(SIGKILL);
  ASSERT_EQ(killed.wait(seconds(20)), 128 + SIGKILL);
  for (const pid_t pid : marked_processes(mark() + "-killed")) ::kill(pid, SIGKILL);
  const auto abandoned = left();
  ASSERT_EQ(abandoned.size(), 1U);

  fs::remove(folder / "up");
  Process alive(command(), folder / "alive.log", mark() + "-alive");
  ASSERT_TRUE(eventually(seconds(20), has_started)) << alive.output();
  const auto of_alive = left();
  EXPECT_EQ(of_alive.size(), 1U);
  EXPECT_NE(of_alive, abandoned);

  install("spind", "exit 2");
  EXPECT_EQ(run_command(command(), mark(), seconds(60)).exit_code, kBadInput);
  EXPECT_EQ(left(), of_alive) << "the folder of a run that lives";
  alive.signal(SIGINT);
  EXPECT_EQ(alive.wait(seconds(20)), 128 + SIGINT) << alive.output();
  EXPECT_TRUE(left_nothing());
}

TEST_F(RunTest, KeepsItsLogsBesideTheDatabase) {
  install("spind", "echo 'disk is full'; exit 1");
  install("spin-worker", "exec sleep 600");
  const auto finished =
      run_command(command({"--db", (folder / "my.db").string()}), "run-test-logs", seconds(60));
  EXPECT_EQ(finished.exit_code, kWorkFailed) << finished.errors;
  EXPECT_TRUE(fs::exists(folder / "my.db.spind.log"));
  EXPECT_TRUE(left_nothing());
}

TEST_F(RunTest, SaysWhatAnEditedSweepEnds) {
  install("spind", "exec " + program("spind") + " \"$@\"");
  install("spin-worker", "exec sleep 600");
  int runs = 0;
  const auto said = [&](const std::string& rates, const std::string& awaited) {
    Process run(command({"--db", (folder / "my.db").string(), "--set", "axes.sharing.rate=" + rates}),
                folder / ("run" + std::to_string(++runs) + ".log"), mark());
    EXPECT_TRUE(eventually(seconds(60), [&] { return run.output().find(awaited) != std::string::npos; }))
        << run.output();
    run.signal(SIGINT);
    EXPECT_EQ(run.wait(seconds(20)), 128 + SIGINT) << run.output();
    return run.output();
  };
  EXPECT_EQ(said("[1, 2]", "of 2 done").find("takes the place"), std::string::npos);
  EXPECT_EQ(said("[1, 2]", "of 2 done").find("takes the place"), std::string::npos) << "it is the same";
  EXPECT_NE(
      said("[2, 4, 8]", "of 3 done").find("takes the place of sweep 1 (tiny): 1 unfinished job cancelled"),
      std::string::npos);
}

TEST_F(RunTest, GivesTheDaemonsTheirFlags) {
  install("spind", "echo \"$@\"; exit 1");
  install("spin-worker", "exec sleep 600");
  const auto finished = run_command(command(), "run-test-flags", seconds(60));
  for (const auto* part :
       {"--listen unix:", "/spind.sock", "--db ", "--artifacts ", "--exit-with-parent", "--ready-fd 3"})
    EXPECT_NE(finished.errors.find(part), std::string::npos) << part << "\n" << finished.errors;
}

TEST_F(RunTest, SaysWhoUsesItsDatabaseAndTheWayOut) {
  install("spind", "exit 1");
  install("spin-worker", "exit 1");
  const std::string database = folder / "my.db";
  const auto lock = lock_file(lock_of_database(database));
  ASSERT_TRUE(lock.ok());
  const auto refused = [&](const std::string& address) {
    EXPECT_TRUE(record_addresses(database, {address}).ok());
    const auto finished = run_command(command({"--db", database}), mark(), seconds(60));
    EXPECT_EQ(finished.exit_code, kBadInput) << finished.errors;
    EXPECT_NE(finished.errors.find("pid " + std::to_string(::getpid())), std::string::npos)
        << finished.errors;
    return finished.errors;
  };
  const auto by_run = refused("unix:/tmp/spin-run.aB3xY9/spind.sock");
  EXPECT_NE(by_run.find("another `spinctl run` uses it"), std::string::npos) << by_run;
  EXPECT_NE(by_run.find("`spinctl status --db " + database + "`"), std::string::npos) << by_run;
  const auto served = refused("unix:/run/spin/spind.sock");
  EXPECT_NE(served.find("`spinctl --connect unix:/run/spin/spind.sock submit " + sweep + "`"),
            std::string::npos)
      << served;
  EXPECT_TRUE(left_nothing());
}

TEST_F(RunTest, TakesAnotherPlaceWhereTmpdirIsNone) {
  install("spind", "echo \"$@\"; exit 1");
  install("spin-worker", "exit 1");
  const auto finished =
      run_command({"/usr/bin/env", "TMPDIR=/nonexistent", (folder / "bin/spinctl").string(), "run", sweep},
                  mark(), seconds(60));
  EXPECT_NE(finished.errors.find("instead of TMPDIR=/nonexistent ("), std::string::npos) << finished.errors;
  EXPECT_NE(finished.errors.find("--listen unix:/tmp/spin-run."), std::string::npos) << finished.errors;
}

TEST_F(RunTest, NamesAProgramThatIsMissing) {
  const auto finished =
      run_command({"/usr/bin/env", "PATH=/nonexistent", (folder / "bin/spinctl").string(), "run", sweep},
                  "run-test-missing", seconds(60));
  EXPECT_NE(finished.exit_code, 0);
  EXPECT_NE(finished.errors.find("spind is neither in " + (folder / "bin").string()), std::string::npos)
      << finished.errors;
}

}  // namespace
}  // namespace spin::cli
