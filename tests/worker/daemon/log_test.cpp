#include <csignal>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "tests/worker/daemon/worker.h"

// A worker whose log cannot be written: a line is lost, nothing else, and none ends up in a file of its own.

namespace spin {
namespace {

namespace fs = std::filesystem;

class Log : public testing::TestWithParam<const char*> {};

TEST_P(Log, ThatCannotBeWrittenCostsNothingElse) {
  Fleet fleet;
  std::string line = "(exec";
  for (const auto& word : fleet.worker_command()) line += " '" + word + "'";
  const Process shell({"/bin/sh", "-c", line + " " + GetParam()}, fleet.folder / "shell.log", fleet.mark);
  for (int job = 0; job < 3; ++job)
    ASSERT_TRUE(fleet.finishes(fleet.coordinator.add_job(R"({"do":"finish","model":"weights"})")));
  for (const auto pid : fleet.processes("spin-worker")) ::kill(pid, SIGTERM);
  EXPECT_TRUE(eventually(Fleet::kDeadline, [&] { return fleet.processes("spin-worker").empty(); }));
  for (const auto& entry : fs::recursive_directory_iterator(fleet.state())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes.find("attached to the coordinator"), std::string::npos) << entry.path();
  }
}

std::string name_of_way(const testing::TestParamInfo<const char*>& way) {
  constexpr const char* names[] = {"Closed", "AllClosed", "Full", "BrokenPipe"};
  return names[way.index];
}

INSTANTIATE_TEST_SUITE_P(Worker, Log,
                         testing::Values("2>&-)", "0<&- 1>&- 2>&-)", "2>/dev/full)", "2>&1) | true"),
                         name_of_way);

TEST(LastWords, OfAWorkerThatAbortsStandInItsLog) {
  Fleet fleet;
  fleet.start_worker();
  ASSERT_TRUE(eventually(Fleet::kDeadline, [&] { return !fleet.coordinator.hellos().empty(); }));
  fleet.worker().signal(SIGABRT);
  EXPECT_EQ(fleet.worker().wait(Fleet::kDeadline), 128 + SIGABRT);
  EXPECT_NE(fleet.worker_log().find("spin-worker ends by SIGABRT; these calls led to it:"), std::string::npos)
      << fleet.worker_log();
}

}  // namespace
}  // namespace spin
