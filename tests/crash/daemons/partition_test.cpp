#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "tests/crash/daemons/daemons.h"
#include "tests/crash/daemons/network.h"

// Real daemons that cannot hear each other for a while, in one direction or both. SPIN_TEST_SEED repeats the
// moments of the flapping network.

namespace spin {
namespace {

using std::chrono::milliseconds;

struct Medium {
  const char* name;
  std::unique_ptr<Network> (*make)(const TempFolder& folder, int workers);
};

/// Workers w0, w1, ... over a network that can be cut; each trains until its gate is open.
class PartitionTest : public testing::TestWithParam<Medium> {
 protected:
  static constexpr int kWorkers = 2;

  void SetUp() override {
    network = GetParam().make(daemons.folder, kWorkers);
    if (!network->refusal().empty()) GTEST_SKIP() << "no such network here: " << network->refusal();
  }
  void start_spind(int lease_seconds) {
    auto options = network->coordinator_options();
    options.insert(options.end(), {"--lease-seconds", std::to_string(lease_seconds)});
    daemons.start_spind(options, network->coordinator_prefix());
    ASSERT_TRUE(daemons.spind().running()) << daemons.spind().output();
    network->coordinator_serves(daemons.spind().output());
  }
  static std::string name(int worker) { return "w" + std::to_string(worker); }
  void start_worker(int worker) {
    daemons.start_worker(name(worker), {{"do", "wait"}, {"file", daemons.gate(name(worker))}},
                         network->worker_options(worker), network->worker_prefix(worker));
  }
  /// A sweep of one job that w0 trains.
  void start_one_job() {
    start_worker(0);
    ASSERT_TRUE(daemons.submit("study", 1));
    ASSERT_TRUE(runs_on(0)) << daemons.worker("w0").output();
  }
  bool runs_on(int worker) {
    return eventually(Daemons::kDeadline, [&] { return daemons.runner_of("study") == name(worker); });
  }
  bool completed(int jobs = 1) {
    return eventually(Daemons::kDeadline, [&] { return daemons.count("study", "completed") == jobs; });
  }
  bool keeps(int worker) {
    return eventually(Daemons::kDeadline, [&] { return daemons.keeps_a_result(name(worker)); });
  }
  bool delivers(int worker) {
    return eventually(Daemons::kDeadline, [&] { return !daemons.keeps_a_result(name(worker)); });
  }
  /// The attempts of the job, once there are so many and all have ended.
  std::vector<std::string> ended_attempts(std::size_t count) {
    std::vector<std::string> attempts;
    eventually(Daemons::kDeadline, [&] {
      attempts = daemons.attempts_of("study");
      return attempts.size() == count && std::none_of(attempts.begin(), attempts.end(), [](const auto& line) {
               return line.ends_with(" running");
             });
    });
    return attempts;
  }

  // What finishes during a partition is delivered after it.
  void finishes_behind(Cut what) {
    ASSERT_NO_FATAL_FAILURE(start_spind(30));
    ASSERT_NO_FATAL_FAILURE(start_one_job());
    network->cut(0, what);
    daemons.open_gate("w0");
    ASSERT_TRUE(keeps(0)) << "it went on with its work\n" << daemons.worker("w0").output();
    network->cut(0, Cut::nothing);
    EXPECT_TRUE(completed()) << daemons.worker("w0").output();
    EXPECT_TRUE(delivers(0)) << daemons.worker("w0").output();
    daemons.expect_one_result_each("study");
    daemons.stop();
  }

  // Beyond the lease the job is another worker's.
  void is_taken_over_from_behind(Cut what) {
    ASSERT_NO_FATAL_FAILURE(start_spind(1));
    ASSERT_NO_FATAL_FAILURE(start_one_job());
    start_worker(1);
    network->cut(0, what);
    ASSERT_TRUE(runs_on(1)) << daemons.spind().output();
    daemons.open_gate("w0");
    ASSERT_TRUE(keeps(0)) << daemons.worker("w0").output();
  }

  Daemons daemons;
  std::unique_ptr<Network> network;
};

TEST_P(PartitionTest, WhatFinishesUnheardArrivesWhenItHeals) { finishes_behind(Cut::to_coordinator); }
TEST_P(PartitionTest, WhatFinishesUnansweredArrivesWhenItHeals) { finishes_behind(Cut::to_worker); }
TEST_P(PartitionTest, WhatFinishesAloneArrivesWhenItHeals) { finishes_behind(Cut::both); }

TEST_P(PartitionTest, AnUnheardWorkerThatComesSecondChangesNothing) {
  ASSERT_NO_FATAL_FAILURE(is_taken_over_from_behind(Cut::to_coordinator));
  daemons.open_gate("w1");
  ASSERT_TRUE(completed());
  network->cut(0, Cut::nothing);
  EXPECT_TRUE(delivers(0)) << daemons.worker("w0").output();
  EXPECT_EQ(ended_attempts(2), (std::vector<std::string>{"w0 lost", "w1 finished"}));
  daemons.stop();
}

TEST_P(PartitionTest, ALoneWorkerThatComesSecondChangesNothing) {
  ASSERT_NO_FATAL_FAILURE(is_taken_over_from_behind(Cut::both));
  daemons.open_gate("w1");
  ASSERT_TRUE(completed());
  network->cut(0, Cut::nothing);
  EXPECT_TRUE(delivers(0)) << daemons.worker("w0").output();
  EXPECT_EQ(ended_attempts(2), (std::vector<std::string>{"w0 lost", "w1 finished"}));
  daemons.stop();
}

TEST_P(PartitionTest, ALoneWorkerThatComesFirstIsTakenAndTheOtherStopped) {
  ASSERT_NO_FATAL_FAILURE(is_taken_over_from_behind(Cut::both));
  network->cut(0, Cut::nothing);
  EXPECT_TRUE(completed()) << daemons.worker("w0").output();
  EXPECT_EQ(ended_attempts(2), (std::vector<std::string>{"w0 finished", "w1 stopped"}));
  daemons.stop();
}

TEST_P(PartitionTest, AFlappingNetworkLosesAndRepeatsNothing) {
  const char* given = std::getenv("SPIN_TEST_SEED");
  const auto seed = given != nullptr ? static_cast<unsigned>(std::stoul(given)) : std::random_device{}();
  SCOPED_TRACE("SPIN_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  constexpr int kJobs = 60, kFlaps = 80;
  ASSERT_NO_FATAL_FAILURE(start_spind(1));
  for (int worker = 0; worker < kWorkers; ++worker) {
    daemons.open_gate(name(worker));
    start_worker(worker);
  }
  ASSERT_TRUE(daemons.submit("study", kJobs));
  for (int flap = 0; flap < kFlaps; ++flap) {
    network->cut(std::uniform_int_distribution<int>(0, kWorkers - 1)(random),
                 static_cast<Cut>(std::uniform_int_distribution<int>(0, 3)(random)));
    const auto until =
        std::chrono::steady_clock::now() + milliseconds(std::uniform_int_distribution<int>(5, 150)(random));
    eventually(std::chrono::seconds(5), [&] { return std::chrono::steady_clock::now() >= until; });
  }
  for (int worker = 0; worker < kWorkers; ++worker) network->cut(worker, Cut::nothing);
  EXPECT_TRUE(completed(kJobs)) << daemons.spind().output();
  for (int worker = 0; worker < kWorkers; ++worker) EXPECT_TRUE(delivers(worker));
  daemons.expect_one_result_each("study");
  daemons.stop();
}

INSTANTIATE_TEST_SUITE_P(All, PartitionTest,
                         testing::Values(Medium{"UnixSockets", unix_proxies}, Medium{"Tls", tls_proxies},
                                         Medium{"Namespaces", namespaces}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace spin
