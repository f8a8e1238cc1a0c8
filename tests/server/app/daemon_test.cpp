#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/server/app/daemon_fixture.h"
#include "tests/server/app/fake_worker.h"
#include "tests/server/app/people.h"

// The real spind.

namespace spin {
namespace {

TEST_F(DaemonTest, WhatAsksItToEndEndsItWithZeroAndRemovesTheSocket) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    ::signal(number, SIG_DFL);  // which who runs the tests may ignore
    Process process = start();
    ASSERT_TRUE(std::filesystem::exists(path("s.sock")));
    process.signal(number);
    EXPECT_EQ(process.wait(kLimit), 0) << process.output();
    EXPECT_FALSE(std::filesystem::exists(path("s.sock"))) << number;
  }
}

TEST_F(DaemonTest, SaysWhereItListens) {
  const Process process = start();
  EXPECT_NE(process.output().find("spind " + std::string(kVersion) + " listening on " + address() +
                                  " database " + database() + "\n"),
            std::string::npos)
      << process.output();
}

TEST_F(DaemonTest, WhatWasAcknowledgedSurvivesSigkill) {
  Process first = start();
  ASSERT_TRUE(People(address()).submit(kSweep).ok());
  {
    FakeWorker worker(address());
    worker.welcome();
    worker.offer(2);
    worker.finish(*worker.lease());
    worker.finish(*worker.lease());
    first.signal(SIGKILL);
    first.wait(kLimit);
  }
  ASSERT_TRUE(std::filesystem::exists(path("s.sock"))) << "a killed process leaves its socket";
  const Process second = start();
  const auto sweeps = People(address()).sweeps("study");
  ASSERT_EQ(sweeps.size(), 1U);
  EXPECT_EQ(sweeps[0].counts().completed(), 2);
}

TEST_F(DaemonTest, ASecondOneOnTheSameDatabaseIsRefused) {
  const Process first = start();
  const auto second = run({"--listen", "unix:" + path("other.sock"), "--db", database()});
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_NE(second.errors.find("spind.db is in use by spind pid " + std::to_string(first.pid())),
            std::string::npos)
      << second.errors;
  EXPECT_FALSE(std::filesystem::exists(path("other.sock")));
  EXPECT_TRUE(People(address()).sweeps().empty());
}

TEST_F(DaemonTest, ATakenSocketIsRefused) {
  const Process first = start();
  const auto second = run({"--listen", address(), "--db", path("other.db")});
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_NE(second.errors.find("socket " + path("s.sock") + " is taken by a running server"),
            std::string::npos)
      << second.errors;
  EXPECT_FALSE(std::filesystem::exists(path("other.db"))) << "what is refused stores nothing";
  EXPECT_TRUE(People(address()).submit(kSweep).ok()) << "the first one goes on";
}

TEST_F(DaemonTest, APathThatIsNotASocketIsLeftAlone) {
  std::ofstream(path("s.sock")) << "precious";
  const auto refused = run({"--listen", address(), "--db", database()});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.errors.find("is not a socket"), std::string::npos) << refused.errors;
  std::string text;
  std::ifstream(path("s.sock")) >> text;
  EXPECT_EQ(text, "precious");
}

TEST_F(DaemonTest, AFileThatIsNoDatabaseIsRefusedAndKept) {
  std::ofstream(database()) << std::string(8192, 'x');
  const auto refused = run({"--listen", address(), "--db", database()});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.errors.find(database()), std::string::npos) << refused.errors;
  EXPECT_EQ(std::filesystem::file_size(database()), 8192U);
}

TEST_F(DaemonTest, BadUsageIsTwoAndNamesTheOption) {
  EXPECT_EQ(run({"--listen", "127.0.0.1:7000", "--db", database()}).exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(database())) << "nothing is made for a start that cannot be";
  const auto unknown = run({"--liste", address()});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.errors.find("--liste"), std::string::npos) << unknown.errors;
  EXPECT_EQ(run({"--lease-seconds", "0"}).exit_code, 2);
}

TEST_F(DaemonTest, NothingOfOthersReachesTheTerminalRaw) {
  const std::vector<std::vector<std::string>> commands = {
      {"--no\x1b[2J"},
      {"doctor", "--no\x1b[2J"},
      {"doctor", "--db", path("no\x1b[2Jne.db")},
      {"restore", path("no\x1b[2Jne"), "--db", database()}};
  for (const auto& command : commands) {
    const auto refused = run(command);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_NE(refused.errors.find("\\x1b[2J"), std::string::npos) << refused.errors;
    EXPECT_EQ(refused.errors.find('\x1b'), std::string::npos) << refused.errors;
  }
  EXPECT_NE(run({"doctor", "--none"}).errors.find("`spind doctor --help` says what is accepted"),
            std::string::npos);
}

TEST_F(DaemonTest, VersionAndHelp) {
  const auto version = run({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.output, "spind " + std::string(kVersion) + "\n");
  const auto help = run({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.output.find("Examples:"), std::string::npos);
}

TEST_F(DaemonTest, TellsThroughADescriptorThatItServes) {
  const std::string script = "exec " + spind() + " --listen " + address() + " --db " + database() +
                             " --ready-fd 3 3>" + path("ready");
  Process process({"/bin/sh", "-c", script}, log(), folder_.path().string());
  EXPECT_TRUE(eventually(kLimit, [&] {
    std::error_code missing;
    return std::filesystem::file_size(path("ready"), missing) == 1 && !missing;
  }));
  EXPECT_TRUE(People(address()).submit(kSweep).ok());
}

TEST_F(DaemonTest, EndsWithItsParentWhereAskedTo) {
  const std::string script =
      spind() + " --listen " + address() + " --db " + database() + " --exit-with-parent & wait";
  Process parent({"/bin/sh", "-c", script}, log(), folder_.path().string());
  ASSERT_TRUE(eventually(kLimit, [&] { return is_ready(parent); })) << parent.output();
  EXPECT_EQ(marked_processes(folder_.path().string(), "spind").size(), 1U);
  parent.signal(SIGKILL);
  parent.wait(kLimit);
  EXPECT_TRUE(eventually(kLimit, [&] { return marked_processes(folder_.path().string(), "spind").empty(); }));
  EXPECT_FALSE(std::filesystem::exists(path("s.sock"))) << "it stopped as on SIGTERM";
}

}  // namespace
}  // namespace spin
