#include <fstream>

#include <gtest/gtest.h>

#include "tests/e2e/cluster.h"

// A sweep that is paused in the middle of an epoch goes on on another worker, to the very model of a run that
// nobody interrupted.

namespace spin {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
constexpr seconds kLimit{120};

const char* const kSweep = R"(version: 1
name: paused
dataset: {name: fashion-mnist, train_limit: 8192, eval_limit: 500}
network: {family: convmixer, channels: 32, depth: 4, patch: 4, kernel: 3}
training: {epochs: 2, batch_size: 32}
)";

class Pause : public testing::Test {
 protected:
  /// A cluster with the sweep submitted.
  static std::unique_ptr<Cluster> begin() {
    auto cluster = std::make_unique<Cluster>(unique_mark());
    std::ofstream(cluster->folder() / "paused.yaml") << kSweep;
    EXPECT_TRUE(eventually(kLimit, [&] { return cluster->spinctl({"status"}).exit_code == 0; }));
    const auto submitted = cluster->spinctl({"submit", cluster->folder() / "paused.yaml"});
    EXPECT_EQ(submitted.exit_code, 0) << submitted.errors;
    return cluster;
  }
  static std::string job_id(const Cluster& cluster) {
    const auto jobs = cluster.spinctl_json({"jobs", "paused"});
    return jobs.is_array() && jobs.size() == 1 ? jobs[0].at("job").get<std::string>() : std::string();
  }
  static nlohmann::json detail(const Cluster& cluster) {
    return cluster.spinctl_json({"job", job_id(cluster)});
  }
  /// Of the job's only artifact of this kind; empty where it has none.
  static std::string artifact(const Cluster& cluster, const std::string& kind) {
    const auto found = detail(cluster);
    if (!found.is_object()) return {};
    for (const auto& artifact : found.at("artifacts"))
      if (artifact.at("kind") == kind) return artifact.at("sha256");
    return {};
  }
  static bool logs_say(const Cluster& cluster, const std::string& text) {
    return cluster.spinctl({"logs", job_id(cluster)}).output.find(text) != std::string::npos;
  }
  static void expect_state(const Cluster& cluster, const std::string& state) {
    EXPECT_TRUE(eventually(kLimit, [&] {
      const auto jobs = cluster.spinctl_json({"jobs", "paused"});
      return jobs.is_array() && jobs.size() == 1 && jobs[0].at("state") == state;
    })) << detail(cluster).dump(1);
  }
};

TEST_F(Pause, GoesOnElsewhereBitForBit) {
  std::string whole;
  {
    const auto cluster = begin();
    expect_state(*cluster, "completed");
    whole = artifact(*cluster, "model");
    ASSERT_FALSE(whole.empty());
    cluster->stop();
  }
  const auto cluster = begin();
  ASSERT_TRUE(eventually(kLimit, [&] { return logs_say(*cluster, "started at epoch 1"); }))
      << cluster->worker().output();
  const auto paused = cluster->spinctl({"pause", "paused"});
  ASSERT_EQ(paused.exit_code, 0) << paused.errors;
  expect_state(*cluster, "paused");
  ASSERT_TRUE(eventually(kLimit, [&] { return !artifact(*cluster, "checkpoint").empty(); }))
      << detail(*cluster).dump(1);
  const std::string checkpoint = artifact(*cluster, "checkpoint");
  EXPECT_TRUE(detail(*cluster).at("epochs").empty()) << "within the first epoch";
  cluster->worker().signal(SIGTERM);
  ASSERT_EQ(cluster->worker().wait(kLimit), 0) << cluster->worker().output();

  auto other = cluster->another_worker("w2");
  const auto resumed = cluster->spinctl({"resume", "paused"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.errors;
  expect_state(*cluster, "completed");
  EXPECT_TRUE(fs::exists(cluster->folder() / "w2" / "artifacts" / checkpoint)) << "it went on from there";
  EXPECT_EQ(artifact(*cluster, "model"), whole);
  EXPECT_EQ(detail(*cluster).at("epochs").size(), 2U);
  other.signal(SIGTERM);
  EXPECT_EQ(other.wait(kLimit), 0) << other.output();
  cluster->stop();
  EXPECT_TRUE(eventually(kLimit, [&] { return marked_processes(cluster->mark()).empty(); }));
}

}  // namespace
}  // namespace spin
