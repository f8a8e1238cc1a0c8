#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/client/commands/fake_coordinator.h"
#include "tests/client/commands/spinctl.h"

namespace spin::cli {

/// spinctl and a coordinator in memory that has the sweep "tiny" of two jobs.
class ControlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    expect_default_signals();
    serve();
    const auto submitted = ask({"submit", sweep});
    ASSERT_EQ(submitted.exit_code, 0) << submitted.errors;
    ASSERT_EQ(submitted.output, "sweep 1 (tiny): 2 jobs, 2 new\n");
  }
  void serve() {
    service = std::make_unique<ControlService>(coordinator, *artifacts);
    server = std::make_unique<ControlServer>(*service, (folder / "sock").string());
  }
  void vanish() {
    service->stop();
    server.reset();
    std::filesystem::remove(folder / "sock");
  }
  std::vector<std::string> with_address(std::vector<std::string> args) {
    args.insert(args.begin(), {"--connect", "unix:" + (folder / "sock").string()});
    return args;
  }
  Finished ask(const std::vector<std::string>& args) { return spinctl(with_address(args)); }
  nlohmann::json ask_json(std::vector<std::string> args) {
    args.insert(args.end(), {"--format", "json"});
    const auto finished = ask(args);
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    return nlohmann::json::parse(finished.output);
  }
  Process begin(const std::vector<std::string>& args) {
    auto command = with_address(args);
    command.insert(command.begin(), kSpinctl);
    return {command, folder / "begun.log", "client-test"};
  }
  bool shows(Process& process, const std::string& text) {
    return eventually(std::chrono::seconds(20),
                      [&] { return process.output().find(text) != std::string::npos; });
  }

  TempFolder folder;
  std::string sweep = write_file(folder / "tiny.yaml", kSweep);
  FakeCoordinator coordinator;
  std::unique_ptr<ArtifactStore> artifacts = std::move(*ArtifactStore::open(folder / "artifacts"));
  std::unique_ptr<ControlService> service;
  std::unique_ptr<ControlServer> server;
};

}  // namespace spin::cli
