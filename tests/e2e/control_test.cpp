#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/e2e/cluster.h"
#include "tests/support/places.h"

// What people do to sweeps, workers and the database while real daemons and trainers run.

namespace spin {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

std::string tiny_sweep(const std::string& name) {
  return "version: 1\nname: " + name + R"(
dataset: {name: fashion-mnist, train_limit: 2048, eval_limit: 100}
network: {family: convmixer, channels: 32, depth: 4, patch: 4, kernel: 3}
training: {epochs: 4, batch_size: 32}
sharing: {mapping: sequential}
axes: {sharing.rate: [1, 2, 4]}
max_attempts: 1
)";
}

class Control : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(eventually(seconds(30), [&] { return cluster.spinctl({"status"}).exit_code == 0; }))
        << cluster.spind().output();
  }
  void submit(const std::string& name, const std::vector<std::string>& more = {}) {
    const auto file = cluster.folder() / (name + ".yaml");
    std::ofstream(file) << tiny_sweep(name);
    std::vector<std::string> args{"submit", file.string()};
    args.insert(args.end(), more.begin(), more.end());
    succeed(args);
  }
  std::string succeed(const std::vector<std::string>& args) {
    const auto finished = cluster.spinctl(args);
    EXPECT_EQ(finished.exit_code, 0) << args[0] << ": " << finished.errors;
    return finished.output;
  }
  /// A number of the sweep's status; -1 where there is none.
  std::int64_t count(const std::string& sweep, const std::string& state) {
    const auto rows = cluster.spinctl_json({"status", sweep});
    return rows.is_array() && rows.size() == 1 ? rows[0].value(state, std::int64_t{-1}) : -1;
  }
  bool reaches(const std::string& sweep, const std::string& state, std::int64_t wanted) {
    return eventually(seconds(120), [&] { return count(sweep, state) == wanted; });
  }
  std::string everything(const std::string& sweep) {
    return cluster.spinctl({"jobs", sweep}).output + cluster.spind().output() + cluster.worker().output();
  }

  Cluster cluster{unique_mark()};
};

TEST_F(Control, APausedSweepStopsKeepsItsWorkAndGoesOn) {
  submit("study");
  ASSERT_TRUE(eventually(seconds(60), [&] { return count("study", "running") == 2; })) << everything("study");
  succeed({"pause", "study"});
  ASSERT_TRUE(reaches("study", "running", 0)) << everything("study");
  EXPECT_EQ(count("study", "paused") + count("study", "completed"), 3) << everything("study");
  const auto paused = cluster.spinctl_json(
      {"query", "SELECT count(*) AS jobs FROM jobs WHERE sweep = 'study' AND state = 'paused'"});
  EXPECT_EQ(paused[0].at("jobs"), count("study", "paused"));
  EXPECT_EQ(cluster.spinctl({"watch", "study"}).exit_code, 1) << "it stands still and is not done";

  succeed({"resume", "study"});
  ASSERT_TRUE(reaches("study", "completed", 3)) << everything("study");
  const auto epochs = cluster.spinctl_json(
      {"query", "SELECT name, count(*) AS epochs FROM epochs WHERE sweep = 'study' GROUP BY name"});
  ASSERT_EQ(epochs.size(), 3U);
  for (const auto& row : epochs) EXPECT_EQ(row.at("epochs"), 4) << row.dump();
}

TEST_F(Control, FailedJobsAreRetriedOnceTheReasonIsMended) {
  const auto root = cluster.folder() / "data";
  submit("study", {"--set", "dataset.root=" + root.string()});
  ASSERT_TRUE(reaches("study", "failed", 3)) << everything("study");
  fs::create_symlink("/usr/share/datasets/fashion-mnist", root);
  EXPECT_EQ(succeed({"retry", "study", "--failed"}), "3 jobs to be tried again\n");
  EXPECT_TRUE(reaches("study", "completed", 3)) << everything("study");
}

TEST_F(Control, TheHigherPriorityGoesFirst) {
  cluster.worker().signal(SIGTERM);
  ASSERT_EQ(cluster.worker().wait(seconds(60)), 0);
  submit("first");
  submit("second", {"--set", "training.lr=0.005"});
  succeed({"priority", "second", "10"});
  cluster.start_worker();
  ASSERT_TRUE(reaches("first", "completed", 3)) << everything("first");
  const auto order =
      cluster.spinctl_json({"query", "SELECT sweep FROM attempts ORDER BY boot_epoch, sequence"});
  ASSERT_EQ(order.size(), 6U) << order.dump();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(order[i].at("sweep"), "second") << order.dump();
}

TEST_F(Control, ADrainedWorkerFinishesItsJobsAndLeaves) {
  submit("study");
  ASSERT_TRUE(eventually(seconds(60), [&] { return count("study", "running") == 2; })) << everything("study");
  const auto drained = cluster.spinctl({"drain", "w1", "--wait"});
  EXPECT_EQ(drained.exit_code, 0) << drained.errors;
  EXPECT_NE(drained.output.find("after the 2 jobs"), std::string::npos) << drained.output;
  EXPECT_EQ(cluster.worker().wait(seconds(60)), 0) << cluster.worker().output();
  EXPECT_EQ(count("study", "completed"), 2) << everything("study");
  EXPECT_EQ(count("study", "ready"), 1) << everything("study");
  cluster.start_worker();
  EXPECT_TRUE(reaches("study", "completed", 3)) << everything("study");
}

TEST_F(Control, ABackupOfARunningCoordinatorIsADatabaseOfItsOwn) {
  submit("study");
  ASSERT_TRUE(eventually(seconds(60), [&] { return count("study", "running") == 2; })) << everything("study");
  const auto said = succeed({"backup", "copy.db"});
  const fs::path copy = said.substr(said.find('/'), said.find('\n') - said.find('/'));
  EXPECT_EQ(fs::status(copy).permissions() & fs::perms::all, fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(cluster.spinctl({"backup", "copy.db"}).exit_code, 2) << "it is there already";
  succeed({"doctor"});

  const auto address = "unix:" + (cluster.folder() / "copy.sock").string();
  const Process other({program("spind"), "--listen", address, "--db", copy.string()},
                      cluster.folder() / "copy.log", cluster.mark());
  const auto status = [&] {
    return run_command({program("spinctl"), "--connect", address, "status", "study", "--format", "json"},
                       cluster.mark(), seconds(60));
  };
  ASSERT_TRUE(eventually(seconds(30), [&] { return status().exit_code == 0; })) << other.output();
  EXPECT_EQ(nlohmann::json::parse(status().output)[0].at("total"), 3);
  EXPECT_TRUE(reaches("study", "completed", 3)) << everything("study");
}

TEST_F(Control, AnEditedSweepTakesThePlaceOfTheOldOneAndTrainsWhatIsNew) {
  submit("study");
  ASSERT_TRUE(eventually(seconds(60), [&] { return count("study", "running") == 2; })) << everything("study");
  const auto file = (cluster.folder() / "study.yaml").string();
  const std::vector<std::string> edited{"submit", file, "--set", "axes.sharing.rate=[1, 3]"};
  const auto refused = cluster.spinctl(edited);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.errors.find("--replace"), std::string::npos) << refused.errors;
  auto replacing = edited;
  replacing.emplace_back("--replace");
  EXPECT_EQ(succeed(replacing),
            "sweep 2 (study): 2 jobs, 1 new, 1 known already\n"
            "it takes the place of sweep 1: 2 jobs cancelled, what both need goes on\n");
  ASSERT_TRUE(reaches("2", "completed", 2)) << everything("2");
  EXPECT_EQ(count("1", "cancelled"), 2) << everything("1");
}

}  // namespace
}  // namespace spin
