// spin-train as hosts treat it: signals that end it, environments that bind its threads, the dynamic loader.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "schema/base/machine.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"
#include "tests/worker/trainer/fixtures.h"
#include "tests/worker/trainer/trainer_process.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

class Host : public ::testing::Test {
 protected:
  void SetUp() override {
    write_dataset(folder_ / "data", 48, 20);
    for (const int number : {SIGHUP, SIGINT})
      std::signal(number, SIG_DFL);  // who runs the tests may ignore them
  }

  RunCommand command_of(const Train& config) {
    RunCommand command;
    command.config = config_text(config);
    command.data = (folder_ / "data").string();
    command.outputs[ArtifactKind::model] = (folder_ / "model").string();
    command.outputs[ArtifactKind::checkpoint] = (folder_ / "checkpoint").string();
    return command;
  }
  static Train endless() {
    auto config = tiny_config();
    config.training.epochs = 100'000;
    return config;
  }
  /// A trainer that serves, and trains for ever.
  void start_endless(TrainerProcess& trainer) {
    const auto ready = trainer.read_event();
    ASSERT_TRUE(ready && std::holds_alternative<ReadyEvent>(*ready));
    trainer.send(to_line(TrainerCommand(command_of(endless()))));
    const auto started = trainer.read_event();
    ASSERT_TRUE(started && std::holds_alternative<StartedEvent>(*started));
    expect_an_epoch(trainer);
  }
  /// Before its first step there is nothing to save.
  static void expect_an_epoch(TrainerProcess& trainer) {
    for (;;) {
      const auto event = trainer.read_event();
      ASSERT_TRUE(event);
      if (std::holds_alternative<EpochEvent>(*event)) break;
    }
  }
  TempFolder folder_;
};

TEST_F(Host, ASignalSavesTheRunningJobSaysSoAndEndsTheTrainer) {
  for (const int number : {SIGTERM, SIGHUP, SIGINT}) {
    fs::remove(folder_ / "checkpoint");
    TrainerProcess trainer({"--serve", "--threads", "1"});
    start_endless(trainer);
    trainer.signal(number);
    trainer.signal(number);  // asking twice saves nothing less
    std::optional<TrainerEvent> last;
    while (const auto event = trainer.read_event()) {
      last = *event;
      if (std::holds_alternative<StoppedEvent>(*event)) break;
    }
    ASSERT_TRUE(last && std::holds_alternative<StoppedEvent>(*last)) << number;
    EXPECT_EQ(std::get<StoppedEvent>(*last).signal, number);
    EXPECT_TRUE(fs::exists(folder_ / "checkpoint"));
    EXPECT_EQ(trainer.wait(), -number);
  }
}

TEST_F(Host, WhatASignalSavedGoesOnAsIfNothingHadHappened) {
  auto config = tiny_config();
  config.training.epochs = 40;
  const auto whole = command_of(config);
  TrainerProcess undisturbed({"--serve", "--threads", "1"});
  ASSERT_TRUE(undisturbed.read_event());
  undisturbed.send(to_line(TrainerCommand(whole)));
  while (const auto event = undisturbed.read_event())
    if (std::holds_alternative<FinishedEvent>(*event)) break;
  const auto expected = read_bytes(folder_ / "model");
  fs::remove(folder_ / "model");
  fs::remove(folder_ / "checkpoint");

  auto command = whole;
  bool finished = false;
  for (int stops = 0; !finished && stops < 7; ++stops) {
    TrainerProcess trainer({"--serve", "--threads", "1"});
    ASSERT_TRUE(trainer.read_event());
    trainer.send(to_line(TrainerCommand(command)));
    bool signalled = false;
    while (const auto line = trainer.read_line()) {
      const auto event = event_from_line(*line);
      ASSERT_TRUE(event.ok());
      finished = std::holds_alternative<FinishedEvent>(*event);
      if (finished || std::holds_alternative<StoppedEvent>(*event)) break;
      // Anywhere within an epoch, after the first word that follows the start, six times.
      if (std::holds_alternative<StartedEvent>(*event) || stops == 6) continue;
      if (!std::exchange(signalled, true)) trainer.signal(SIGTERM);
    }
    if (fs::exists(folder_ / "checkpoint"))
      set_input(command, InputRole::resume, (folder_ / "checkpoint").string());
  }
  ASSERT_TRUE(finished);
  EXPECT_EQ(read_bytes(folder_ / "model"), expected) << "bit for bit";
}

TEST_F(Host, ASignalEndsAnIdleTrainer) {
  TrainerProcess trainer({"--serve", "--threads", "1"});
  ASSERT_TRUE(trainer.read_event());
  trainer.signal(SIGTERM);
  EXPECT_EQ(trainer.wait(), -SIGTERM);
}

TEST_F(Host, AHangUpStopsAJobByHandWithACheckpoint) {
  write_bytes(folder_ / "job.json", config_text(endless()));
  TrainerProcess trainer({(folder_ / "job.json").string(), "--data", (folder_ / "data").string(), "--threads",
                          "1", "--checkpoint", (folder_ / "checkpoint").string()});
  expect_an_epoch(trainer);
  trainer.signal(SIGHUP);
  EXPECT_EQ(trainer.wait(), -SIGHUP);
  EXPECT_TRUE(fs::exists(folder_ / "checkpoint"));
}

/// The value of a line of /proc/PID/status, as "SigCgt".
std::string status_of(pid_t pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.rfind(name + ":\t", 0) == 0) return line.substr(name.size() + 2);
  return {};
}

bool has_signal(const std::string& mask, int number) {
  return !mask.empty() && (std::stoull(mask, nullptr, 16) >> (number - 1) & 1) != 0;
}

TEST_F(Host, SignalsOfAHostSaveHoweverOftenTheyComeAndCtrlCAfterwardsEndsAJobByHand) {
  write_bytes(folder_ / "job.json", config_text(endless()));
  const std::vector<std::string> command = {(folder_ / "job.json").string(),
                                            "--data",
                                            (folder_ / "data").string(),
                                            "--threads",
                                            "1",
                                            "--checkpoint",
                                            (folder_ / "checkpoint").string()};
  for (const bool is_impatient : {false, true}) {
    TrainerProcess trainer(command);
    ASSERT_TRUE(trainer.read_event());
    trainer.wait_until_output_is_full();  // the step in hand takes as long as the test likes
    for (const int number : {SIGTERM, SIGHUP, SIGTERM, SIGHUP}) {
      trainer.signal(number);
      ASSERT_TRUE(eventually(std::chrono::seconds(60), [&] {
        return !has_signal(status_of(trainer.pid(), "ShdPnd"), number) &&
               !has_signal(status_of(trainer.pid(), "SigCgt"), SIGINT);
      }));
    }
    if (is_impatient) {
      trainer.signal(SIGINT);
      EXPECT_EQ(trainer.wait(), -SIGINT);
    } else {
      while (trainer.read_line()) continue;
      EXPECT_EQ(trainer.wait(), -SIGTERM) << "the one that asked first";
    }
    EXPECT_EQ(fs::exists(folder_ / "checkpoint"), !is_impatient);
    fs::remove(folder_ / "checkpoint");
  }
}

/// What /proc says of the cores of a thread.
std::string cores_of(const fs::path& status) {
  std::ifstream file(status);
  std::string line;
  while (std::getline(file, line))
    if (line.rfind("Cpus_allowed_list:", 0) == 0) break;
  return file ? line : "gone";
}

TEST_F(Host, AnEnvironmentThatBindsThreadsBindsNoTrainer) {
  const auto own = cores_of("/proc/self/status");
  const auto list = own.substr(own.find_first_of("0123456789"));
  const auto first_core = list.substr(0, list.find_first_not_of("0123456789"));
  const std::multimap<std::string, std::string> variables = {{"OMP_PROC_BIND", "true"},
                                                             {"OMP_PLACES", "cores"},
                                                             {"OMP_PLACES", "{" + first_core + "}"},
                                                             {"GOMP_CPU_AFFINITY", list},
                                                             {"GOMP_CPU_AFFINITY", first_core}};
  for (const auto& [name, value] : variables) {
    setenv(name.c_str(), value.c_str(), 1);
    TrainerProcess first({"--serve", "--threads", "2"});
    TrainerProcess second({"--serve", "--threads", "2"});
    unsetenv(name.c_str());
    for (auto* trainer : {&first, &second}) {
      start_endless(*trainer);
      int threads = 0;
      for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(trainer->pid()) + "/task")) {
        const auto cores = cores_of(task.path() / "status");
        if (cores == "gone") continue;
        EXPECT_EQ(cores, own) << name;
        ++threads;
      }
      EXPECT_GE(threads, 2) << "OpenMP's second thread works";
    }
  }
}

/// The dynamic loader of this process.
std::string dynamic_loader() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (const auto path = line.find('/'); path != std::string::npos) {
      const auto name = fs::path(line.substr(path)).filename().string();
      if (name.rfind("ld-", 0) == 0 || name.rfind("ld.so", 0) == 0) return line.substr(path);
    }
  return {};
}

TEST_F(Host, StartedThroughTheDynamicLoaderItTrains) {
  const auto loader = dynamic_loader();
  ASSERT_FALSE(loader.empty());
  write_bytes(folder_ / "job.json", config_text(tiny_config()));
  const auto finished = run_command({loader, program("spin-train"), (folder_ / "job.json").string(), "--data",
                                     (folder_ / "data").string(), "--threads", "1"},
                                    "loader", std::chrono::seconds(60));
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_NE(finished.output.find("\"finished\""), std::string::npos) << finished.output;
}

TEST_F(Host, NothingOfOthersReachesTheTerminalRaw) {
  const auto refused =
      run_command({program("spin-train"), "--no\x1b[2Jne"}, "usage", std::chrono::seconds(60));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.errors.find("--no\\x1b[2Jne"), std::string::npos) << refused.errors;
  EXPECT_NE(refused.errors.find("`spin-train --help` says what is accepted"), std::string::npos);
  EXPECT_EQ(refused.errors.find('\x1b'), std::string::npos) << refused.errors;
}

TEST_F(Host, SaysWhichDevicesThereAre) {
  const auto asked = run_command({program("spin-train"), "--devices"}, "devices", std::chrono::seconds(60));
  ASSERT_EQ(asked.exit_code, 0) << asked.errors;
  const auto list = nlohmann::json::parse(asked.output);
  EXPECT_FALSE(list.at("libtorch").get<std::string>().empty());
  ASSERT_GE(list.at("devices").size(), 1U);
  const auto& cpu = list.at("devices")[0];
  EXPECT_EQ(cpu.at("device"), "cpu");
  EXPECT_EQ(cpu.at("memory_bytes"), machine_memory());
  EXPECT_EQ(cpu.at("cores"), usable_cores());
  if (!list.at("cuda").get<bool>()) {
    EXPECT_EQ(list.at("devices").size(), 1U);
  }
}

TEST_F(Host, AFailureSaysWhetherTheNextAttemptWouldFailToo) {
  TrainerProcess trainer({"--serve", "--threads", "1"});
  ASSERT_TRUE(trainer.read_event());
  const auto fail = [&](const RunCommand& command) {
    trainer.send(to_line(TrainerCommand(command)));
    while (const auto event = trainer.read_event())
      if (const auto* failed = std::get_if<FailedEvent>(&*event)) return *failed;
    return FailedEvent{"it did not fail"};
  };
  auto nowhere = command_of(tiny_config());
  nowhere.data = "/nowhere";
  EXPECT_EQ(fail(nowhere).cause, FailureCause::permanent) << fail(nowhere).message;
  EXPECT_TRUE(fail(nowhere).device_works);
}

}  // namespace
}  // namespace spin
