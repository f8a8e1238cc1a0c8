#include <fstream>

#include <gtest/gtest.h>

#include "tests/e2e/cluster.h"

// Hosts that stop for longer than their lease and go on, as a laptop that sleeps: whoever is first has the
// result, and there is one.

namespace spin {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
constexpr seconds kLimit{60};

const char* const kSweep = R"(version: 1
name: frozen
dataset: {name: fashion-mnist, train_limit: 512, eval_limit: 100}
network: {family: convmixer, channels: 16, depth: 4, patch: 4, kernel: 3}
training: {epochs: 60, batch_size: 64}
)";

class Freeze : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(cluster_.folder() / "frozen.yaml") << kSweep;
    ASSERT_TRUE(eventually(kLimit, [&] { return cluster_.spinctl({"status"}).exit_code == 0; }));
    const auto submitted = cluster_.spinctl({"submit", cluster_.folder() / "frozen.yaml"});
    ASSERT_EQ(submitted.exit_code, 0) << submitted.errors;
    ASSERT_TRUE(eventually(kLimit, [&] { return !epochs().empty(); })) << cluster_.worker().output();
  }
  [[nodiscard]] nlohmann::json detail() const {
    const auto jobs = cluster_.spinctl_json({"jobs", "frozen"});
    if (!jobs.is_array() || jobs.size() != 1) return nullptr;
    return cluster_.spinctl_json({"job", jobs[0].at("job").get<std::string>()});
  }
  [[nodiscard]] nlohmann::json part(const char* name) const {
    const auto found = detail();
    return found.is_object() ? found.at(name) : nlohmann::json::array();
  }
  [[nodiscard]] nlohmann::json attempts() const { return part("attempts"); }
  [[nodiscard]] nlohmann::json epochs() const { return part("epochs"); }
  [[nodiscard]] int finished_attempts() const {
    int count = 0;
    for (const auto& attempt : attempts()) count += attempt.at("state") == "finished" ? 1 : 0;
    return count;
  }
  /// Everything ended well, once.
  void expect_one_result() {
    ASSERT_TRUE(eventually(kLimit, [&] { return sweep_is_over(cluster_, "frozen"); })) << detail().dump(1);
    EXPECT_EQ(finished_attempts(), 1) << detail().dump(1);
    EXPECT_EQ(epochs().size(), 60U) << detail().dump(1);
    // Nobody goes on with what is done.
    EXPECT_TRUE(eventually(kLimit, [&] {
      const auto workers = cluster_.spinctl_json({"workers"});
      for (const auto& worker : workers)
        if (worker.at("busy") != 0) return false;
      return workers.is_array();
    }));
    EXPECT_EQ(finished_attempts(), 1) << detail().dump(1);
  }
  void stop(Process& other) {
    other.signal(SIGTERM);
    EXPECT_EQ(other.wait(kLimit), 0) << other.output();
    cluster_.stop();
    EXPECT_TRUE(eventually(kLimit, [&] { return marked_processes(cluster_.mark()).empty(); }));
  }

  Cluster cluster_{unique_mark(), {"--lease-seconds", "2"}};
};

TEST_F(Freeze, AWorkerThatSleepsBeyondItsLease) {
  cluster_.worker().signal(SIGSTOP);
  auto other = cluster_.another_worker("w2");
  ASSERT_TRUE(eventually(kLimit, [&] { return attempts().size() >= 2; })) << detail().dump(1);
  EXPECT_EQ(attempts().at(0).at("state"), "lost");
  cluster_.worker().signal(SIGCONT);
  expect_one_result();
  stop(other);
}

TEST_F(Freeze, AWholeHostThatSleepsBeyondItsLease) {
  const auto trainers = marked_processes(cluster_.mark(), "spin-train");
  ASSERT_FALSE(trainers.empty());
  cluster_.worker().signal(SIGSTOP);
  for (const auto trainer : trainers) ::kill(trainer, SIGSTOP);
  auto other = cluster_.another_worker("w2");
  ASSERT_TRUE(eventually(kLimit, [&] { return attempts().size() >= 2; })) << detail().dump(1);
  for (const auto trainer : trainers) ::kill(trainer, SIGCONT);
  cluster_.worker().signal(SIGCONT);
  expect_one_result();
  stop(other);
}

TEST_F(Freeze, AFrozenWorkerThatIsKilledLeavesNothing) {
  cluster_.worker().signal(SIGSTOP);
  auto other = cluster_.another_worker("w2");
  ASSERT_TRUE(eventually(kLimit, [&] { return attempts().size() >= 2; })) << detail().dump(1);
  cluster_.worker().signal(SIGKILL);
  ASSERT_EQ(cluster_.worker().wait(kLimit), 128 + SIGKILL);
  cluster_.start_worker();
  expect_one_result();
  stop(other);
}

}  // namespace
}  // namespace spin
