#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "tests/e2e/cluster.h"
#include "tests/support/places.h"

// SIGKILL of each process at random moments of the quickstart's sweep: nothing is lost, nothing runs twice to
// an accepted result, nothing is left over. The seed is printed; SPIN_TEST_SEED repeats a run's choice of
// moments.

namespace spin {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

unsigned test_seed() {
  const char* given = std::getenv("SPIN_TEST_SEED");
  return given != nullptr ? static_cast<unsigned>(std::stoul(given)) : std::random_device{}();
}

void kill_one(Cluster& cluster, int victim) {
  if (victim == 0) {
    cluster.spind().signal(SIGKILL);
    ASSERT_EQ(cluster.spind().wait(seconds(10)), 128 + SIGKILL);
    cluster.start_spind();
  } else if (victim == 1) {
    cluster.worker().signal(SIGKILL);
    ASSERT_EQ(cluster.worker().wait(seconds(10)), 128 + SIGKILL);
    EXPECT_TRUE(eventually(seconds(10), [&] {
      return marked_processes(cluster.mark(), "spin-train").empty();
    })) << "a trainer outlived its worker";
    cluster.start_worker();
  } else {
    const auto trainers = marked_processes(cluster.mark(), "spin-train");
    if (!trainers.empty()) ::kill(trainers.front(), SIGKILL);
  }
}

void expect_one_result_each(const Cluster& cluster, const std::string& sweep) {
  const auto jobs = cluster.spinctl_json({"jobs", sweep});
  ASSERT_EQ(jobs.size(), 8U);
  for (const auto& job : jobs) {
    EXPECT_EQ(job.at("state"), "completed") << job.dump();
    const auto detail = cluster.spinctl_json({"job", job.at("job").get<std::string>()});
    ASSERT_TRUE(detail.is_object()) << job.dump();
    int finished = 0;
    for (const auto& attempt : detail.at("attempts")) finished += attempt.at("state") == "finished" ? 1 : 0;
    EXPECT_EQ(finished, 1) << detail.dump(1);
    EXPECT_EQ(detail.at("epochs").size(), 2U) << detail.dump(1);
  }
}

TEST(Kill, EachProcessAtRandomMomentsOfTheQuickstartSweep) {
  const unsigned seed = test_seed();
  SCOPED_TRACE("SPIN_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  Cluster cluster(unique_mark());

  std::vector<std::string> submit{"submit"};
  for (auto& arg : small_quickstart_args()) submit.push_back(arg);
  ASSERT_TRUE(eventually(seconds(30), [&] { return cluster.spinctl({"status"}).exit_code == 0; }))
      << cluster.spind().output();
  const auto submitted = cluster.spinctl(submit);
  ASSERT_EQ(submitted.exit_code, 0) << submitted.errors;

  // Two trainers' deaths in a row may quarantine no job (three would), so trainers die twice, the daemons
  // thrice.
  std::vector<int> victims{0, 0, 0, 1, 1, 1, 2, 2};
  std::shuffle(victims.begin(), victims.end(), random);
  for (const int victim : victims) {
    const milliseconds pause(std::uniform_int_distribution<int>(100, 2500)(random));
    const auto until = std::chrono::steady_clock::now() + pause;
    eventually(seconds(5), [&] { return std::chrono::steady_clock::now() >= until; });
    kill_one(cluster, victim);
    if (HasFatalFailure()) return;
  }
  EXPECT_TRUE(eventually(seconds(200), [&] { return sweep_is_over(cluster, "1"); }))
      << cluster.spinctl({"jobs", "1"}).output << cluster.spind().output() << cluster.worker().output();
  expect_one_result_each(cluster, "1");

  cluster.stop();
  EXPECT_TRUE(eventually(seconds(10), [&] { return marked_processes(cluster.mark()).empty(); }));
}

TEST(Kill, RunFinishesThoughItsDaemonsDie) {
  const auto mark = unique_mark();
  const TempFolder folder;
  std::vector<std::string> command{program("spinctl"), "run"};
  for (auto& arg : small_quickstart_args()) command.push_back(arg);
  command.insert(command.end(), {"--format", "json"});
  Process run(command, folder / "run.log", mark);
  for (const auto* victim : {"spind", "spin-worker", "spin-train", "spind"}) {
    std::vector<pid_t> found;
    ASSERT_TRUE(eventually(seconds(60),
                           [&] {
                             found = marked_processes(mark, victim);
                             return !found.empty() && !marked_processes(mark, "spin-train").empty();
                           }))
        << victim << "\n"
        << run.output();
    ::kill(found.front(), SIGKILL);
  }
  EXPECT_EQ(run.wait(seconds(200)), 0) << run.output();
  EXPECT_TRUE(eventually(seconds(10), [&] { return marked_processes(mark).empty(); }));
}

}  // namespace
}  // namespace spin
