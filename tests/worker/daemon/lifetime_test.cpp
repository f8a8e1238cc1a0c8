#include <algorithm>
#include <csignal>
#include <fstream>
#include <utility>

#include <gtest/gtest.h>
#include <unistd.h>

#include "schema/base/machine.h"
#include "tests/worker/daemon/worker.h"

// The worker's own life: signals, restarts on either side, what it leaves behind.

namespace spin {
namespace {

namespace fs = std::filesystem;

const char* const kForever = R"({"do":"fork"})";

TEST(Lifetime, BadUsageIsTwoAndNothingOfOthersReachesTheTerminalRaw) {
  const Fleet fleet;
  for (const auto& more :
       std::vector<std::vector<std::string>>{{"--no\x1b[2Jne", ""}, {"--device", "t\x1b[2Jpu"}}) {
    const auto refused = run_command(fleet.worker_command(more), fleet.mark, Fleet::kDeadline);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_NE(refused.errors.find("\\x1b[2J"), std::string::npos) << refused.errors;
    EXPECT_EQ(refused.errors.find('\x1b'), std::string::npos) << refused.errors;
  }
}

TEST(Lifetime, KillingTheWorkerLeavesNoTrainer) {
  Fleet fleet;
  fleet.start_worker({"--slots", "2"});
  const auto first = fleet.coordinator.add_job(R"({"do":"hang"})");
  const auto second = fleet.coordinator.add_job(R"({"do":"hang"})");
  ASSERT_TRUE(fleet.starts(first) && fleet.starts(second)) << fleet.worker_log();
  ASSERT_EQ(fleet.processes("fake_trainer").size(), 2U);
  fleet.worker().signal(SIGKILL);
  EXPECT_EQ(fleet.worker().wait(Fleet::kDeadline), 128 + SIGKILL);
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.processes().empty(); }));
}

TEST(Lifetime, WhatHappensWhileTheCoordinatorIsAwayIsDeliveredOnce) {
  Fleet fleet;
  fleet.start_worker();
  const std::string gate = (fleet.folder / "gate").string();
  const auto job = fleet.coordinator.add_job(R"({"do":"wait","model":"m","file":")" + gate + "\"}");
  ASSERT_TRUE(fleet.starts(job)) << fleet.worker_log();
  fleet.coordinator.stop();
  std::ofstream(gate).put('x');
  ASSERT_TRUE(
      eventually(Fleet::kDeadline, [&] { return std::filesystem::file_size(fleet.state() / "outbox") > 0; }));
  fleet.coordinator.start();
  ASSERT_TRUE(fleet.finishes(job)) << fleet.worker_log();
  ASSERT_EQ(fleet.coordinator.hellos().size(), 2U);
  EXPECT_EQ(fleet.coordinator.hellos()[1].held, (std::vector<HeldAttempt>{{job, {}}}));
  std::vector<std::uint64_t> sequences;
  for (const auto& kept : fleet.coordinator.reports()) sequences.push_back(kept.sequence);
  EXPECT_EQ(sequences, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(fleet.coordinator.artifact(fleet.coordinator.results_of(job)[0].outputs.at(0).id), "m");
}

TEST(Lifetime, AKilledWorkersOutboxIsDeliveredByTheNextOne) {
  Fleet fleet;
  fleet.coordinator.acknowledge(false);
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(R"({"do":"finish"})");
  ASSERT_TRUE(fleet.finishes(job)) << fleet.worker_log();
  const auto before = fleet.coordinator.reports();
  fleet.worker().signal(SIGKILL);
  ASSERT_EQ(fleet.worker().wait(Fleet::kDeadline), 128 + SIGKILL);

  fleet.coordinator.acknowledge(true);
  fleet.start_worker();
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] {
    return fleet.coordinator.reports().size() == 2 * before.size();
  })) << fleet.worker_log();
  const auto all = fleet.coordinator.reports();
  EXPECT_TRUE(
      std::equal(before.begin(), before.end(), all.begin() + static_cast<std::ptrdiff_t>(before.size())))
      << "the same reports in the same order";
  EXPECT_EQ(fleet.coordinator.hellos().back().held, (std::vector<HeldAttempt>{{job, {}}}));
  EXPECT_TRUE(eventually(Fleet::kDeadline,
                         [&] { return std::filesystem::file_size(fleet.state() / "outbox") == 0; }));
}

// The job has finished and its model cannot be uploaded: kills the worker; the next one delivers result and
// model.
TEST(Lifetime, AResultSurvivesAKillWhileItsModelIsUploading) {
  Fleet fleet;
  fleet.coordinator.fill_disk(1'000'000);
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(R"({"do":"finish","model":"weights"})");
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] {
    return fleet.worker_log().find("upload of a result waits") != std::string::npos;
  })) << fleet.worker_log();
  fleet.worker().signal(SIGKILL);
  ASSERT_NE(fleet.worker().wait(Fleet::kDeadline), -1);
  EXPECT_FALSE(fleet.coordinator.failure_of(job)) << "a finished job is not given back";

  fleet.coordinator.fill_disk(0);
  fleet.start_worker();
  ASSERT_TRUE(fleet.finishes(job)) << fleet.worker_log();
  EXPECT_EQ(fleet.coordinator.hellos().back().held, (std::vector<HeldAttempt>{{job, {}}}));
  EXPECT_EQ(fleet.coordinator.artifact(fleet.coordinator.results_of(job)[0].outputs.at(0).id), "weights");
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fs::is_empty(fleet.state() / "kept"); }));
  EXPECT_FALSE(fleet.coordinator.failure_of(job));
}

TEST(Lifetime, AResultThatCameBackAfterItsModelWasRemovedIsDeliveredAgain) {
  Fleet fleet;
  fleet.coordinator.acknowledge(false);
  fleet.start_worker();
  const auto job = fleet.coordinator.add_job(R"({"do":"finish","model":"weights"})");
  ASSERT_TRUE(fleet.finishes(job)) << fleet.worker_log();
  fleet.worker().signal(SIGKILL);
  ASSERT_EQ(fleet.worker().wait(Fleet::kDeadline), 128 + SIGKILL);
  ASSERT_TRUE(fs::remove(fleet.state() / "kept" / "1-1.model"));
  fleet.coordinator.acknowledge(true);
  fleet.start_worker();
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.coordinator.results_of(job).size() == 2; }))
      << fleet.worker_log();
  EXPECT_FALSE(fleet.coordinator.failure_of(job));
}

TEST(Lifetime, AModelThatNoResultNamesIsRemovedAtStart) {
  Fleet fleet;
  fs::create_directories(fleet.state() / "kept");
  std::ofstream(fleet.state() / "kept" / "1-99.model").put('x');
  fleet.start_worker();
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fs::is_empty(fleet.state() / "kept"); }));
}

TEST(Lifetime, AWorkerWaitsForItsCoordinatorAndSaysSo) {
  Fleet fleet;
  fleet.coordinator.stop();
  fleet.start_worker();
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] {
    return fleet.worker_log().find("waiting for a coordinator") != std::string::npos;
  }));
  fleet.coordinator.start();
  EXPECT_TRUE(fleet.finishes(fleet.coordinator.add_job(R"({"do":"finish"})"))) << fleet.worker_log();
}

TEST(Lifetime, ASecondWorkerOnTheSameStateIsRefused) {
  Fleet fleet;
  fleet.start_worker();
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return !fleet.coordinator.hellos().empty(); }));
  const auto second = run_command(fleet.worker_command({"--name", "w2"}), fleet.mark, Fleet::kDeadline);
  EXPECT_EQ(second.exit_code, 2);
  for (const std::string& part :
       {std::string("another spin-worker keeps its state in ") + fleet.state().string(),
        "process " + std::to_string(fleet.worker().pid()), std::string("--name"), std::string("--state")})
    EXPECT_NE(second.errors.find(part), std::string::npos) << second.errors;
}

TEST(Lifetime, AnotherVersionOfTheCoordinatorEndsTheWorker) {
  Fleet fleet;
  fleet.coordinator.refuse_hello({grpc::StatusCode::FAILED_PRECONDITION, "worker 0.1.0, coordinator 9.9.9"});
  fleet.start_worker();
  EXPECT_EQ(fleet.worker().wait(Fleet::kDeadline), 2);
  EXPECT_NE(fleet.worker_log().find("worker 0.1.0, coordinator 9.9.9"), std::string::npos)
      << fleet.worker_log();
}

TEST(Lifetime, BadOptionsAreRefusedWithWhatWouldBeAccepted) {
  const Fleet fleet;
  struct Case {
    std::vector<std::string> options;
    std::string names;
  };
  const std::vector<Case> cases = {{{"--device", "gpu"}, "'gpu' is neither cpu nor cuda:K"},
                                   {{"--device", "cuda:0,cuda:all"}, "'cuda:all' is neither cpu nor cuda:K"},
                                   {{"--device", "cuda:1,cuda:1"}, "names cuda:1 twice"},
                                   {{"--slots", "0"}, "0"},
                                   {{"--connect", "tcp://host:1"}, "tcp://host:1"},
                                   {{"--data", "/nowhere"}, "/nowhere"},
                                   {{"--label", "no spaces"}, "'no spaces': 1 to 64 letters"},
                                   {{"--memory", "much"}, "much"},
                                   {{"--on-term", "wait"}, "wait"},
                                   {{"--ready-fd", "77"}, "77"}};
  for (const auto& [options, names] : cases) {
    const auto finished = run_command(fleet.worker_command(options), fleet.mark, Fleet::kDeadline);
    EXPECT_EQ(finished.exit_code, 2) << names;
    EXPECT_NE((finished.errors + finished.output).find(names), std::string::npos) << finished.errors;
  }
}

TEST(Lifetime, AWorkerThatExitsWithItsParentLeavesNothing) {
  Fleet fleet;
  std::string line;
  for (const auto& word : fleet.worker_command({"--exit-with-parent"})) line += "'" + word + "' ";
  Process shell({"/bin/sh", "-c", line + "& wait"}, fleet.folder / "shell.log", fleet.mark);
  const auto job = fleet.coordinator.add_job(kForever);
  ASSERT_TRUE(fleet.starts(job)) << shell.output();
  shell.signal(SIGKILL);
  EXPECT_EQ(shell.wait(Fleet::kDeadline), 128 + SIGKILL);
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.processes().empty(); })) << shell.output();
}

TEST(Lifetime, LabelsAndMemoryAreTold) {
  Fleet fleet;
  fleet.start_worker({"--label", "zen4", "--memory", "20GiB"});
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return !fleet.coordinator.hellos().empty(); }));
  EXPECT_EQ(fleet.coordinator.hellos()[0].labels, std::vector<std::string>{"zen4"});
  EXPECT_EQ(fleet.coordinator.hellos()[0].devices.at(0).memory_bytes, std::int64_t{20} << 30);
}

TEST(Lifetime, WithoutBeingToldItOffersMostOfTheMachinesMemory) {
  Fleet fleet;
  fleet.start_worker();
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return !fleet.coordinator.hellos().empty(); }));
  EXPECT_TRUE(fleet.coordinator.hellos()[0].labels.empty());
  const std::int64_t offered = fleet.coordinator.hellos()[0].devices.at(0).memory_bytes;
  EXPECT_GT(offered, 0);
  EXPECT_LT(offered, machine_memory());
}

TEST(Lifetime, WithoutANameItIsCalledAfterItsHostAndTheDevicesThatItWasGiven) {
  char host[256] = {};
  ASSERT_EQ(::gethostname(host, sizeof host - 1), 0);
  for (const auto& [devices, end] : {std::pair{"cpu", ""},
                                     {"cuda:all", ""},
                                     {"cuda:1,cuda:0", "-cuda-1-0"},
                                     {"cpu,cuda:0", "-cpu-cuda-0"}}) {
    Fleet fleet;
    auto command = fleet.worker_command({"--device", devices});
    const auto name = std::find(command.begin(), command.end(), "--name");
    command.erase(name, name + 2);
    const Process worker(command, fleet.folder / "worker.log", fleet.mark);
    ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return !fleet.coordinator.hellos().empty(); }))
        << worker.output();
    EXPECT_EQ(fleet.coordinator.hellos()[0].name, std::string(host) + end);
  }
}

TEST(Lifetime, LabelsComeSortedAndEachOnce) {
  Fleet fleet;
  std::vector<std::string> command = fleet.worker_command();
  command.insert(command.end(), {"--label", "fast", "--label", "a100", "--label", "fast"});
  const Process worker(command, fleet.folder / "worker.log", fleet.mark);
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return !fleet.coordinator.hellos().empty(); }))
      << worker.output();
  EXPECT_EQ(fleet.coordinator.hellos()[0].labels, (std::vector<std::string>{"a100", "fast"}));
}

TEST(Lifetime, ReadyIsTold) {
  Fleet fleet;
  std::string line;
  for (const auto& word : fleet.worker_command({"--ready-fd", "7"})) line += "'" + word + "' ";
  const std::string told = (fleet.folder / "told").string();
  Process shell({"/bin/sh", "-c", "exec " + line + "7>'" + told + "'"}, fleet.folder / "shell.log",
                fleet.mark);
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return std::ifstream(told).get() == '\n'; }))
      << shell.output();
  EXPECT_EQ(fleet.coordinator.hellos().size(), 1U);
}

}  // namespace
}  // namespace spin
