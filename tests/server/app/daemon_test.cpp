#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "schema/base/file.h"
#include "tests/server/app/fake_worker.h"
#include "tests/server/app/people.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

// The real spind.

namespace spin {
namespace {

using std::chrono::seconds;
constexpr seconds kLimit{60};

class DaemonTest : public testing::Test {
 protected:
  Process start(std::vector<std::string> more = {}) {
    std::vector<std::string> command{spind(), "--listen", address(), "--db", database()};
    command.insert(command.end(), more.begin(), more.end());
    Process process(command, log(), folder_.path().string());
    EXPECT_TRUE(eventually(kLimit, [&] { return !process.running() || is_ready(process); }));
    EXPECT_TRUE(process.running()) << process.output();
    return process;
  }
  static bool is_ready(const Process& process) {
    return process.output().find("listening on") != std::string::npos;
  }
  Finished run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), spind());
    return run_command(arguments, folder_.path().string(), kLimit);
  }
  static std::string spind() { return program("spind"); }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::string address() const { return "unix:" + path("s.sock"); }
  [[nodiscard]] std::string database() const { return path("spind.db"); }
  std::filesystem::path log() { return folder_ / ("log" + std::to_string(++logs_)); }

  TempFolder folder_;
  int logs_ = 0;
};

/// The whole answer to one request over a Unix socket.
std::string http_get(const std::string& socket_path, const std::string& request) {
  const FileDescriptor client(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  std::memcpy(where.sun_path, socket_path.c_str(), socket_path.size() + 1);
  EXPECT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  EXPECT_EQ(send(client.get(), request.data(), request.size(), MSG_NOSIGNAL), std::ssize(request));
  std::string answer;
  char block[4096];
  for (ssize_t count = 0; (count = read(client.get(), block, sizeof block)) > 0;)
    answer.append(block, static_cast<std::size_t>(count));
  return answer;
}

std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: spind\r\nConnection: close\r\n\r\n";
}

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

TEST_F(DaemonTest, ServesMetricsOverAUnixSocket) {
  const Process process = start({"--http", "unix:" + path("http.sock")});
  ASSERT_TRUE(People(address()).submit(kSweep).ok());
  const std::string metrics = http_get(path("http.sock"), get("/metrics"));
  EXPECT_TRUE(metrics.starts_with("HTTP/1.1 200 OK\r\n")) << metrics;
  EXPECT_NE(metrics.find("Content-Type: text/plain; version=0.0.4"), std::string::npos);
  EXPECT_NE(metrics.find("spin_jobs{state=\"ready\"} 4\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("spin_jobs{state=\"waiting\"} 1\n"), std::string::npos);
  EXPECT_TRUE(http_get(path("http.sock"), get("/healthz")).ends_with("\r\n\r\nok\n"));
}

TEST_F(DaemonTest, HttpRefusesWhatItDoesNotServe) {
  const Process process = start({"--http", "unix:" + path("http.sock")});
  const std::string http = path("http.sock");
  EXPECT_TRUE(http_get(http, get("/etc/passwd")).starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(http_get(http, "DELETE /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                  .starts_with("HTTP/1.1 405"));
  EXPECT_TRUE(http_get(http, "this is not HTTP\r\n\r\n").starts_with("HTTP/1.1 400"));
  const std::string large = "GET / HTTP/1.1\r\nX: " + std::string(16 << 10, 'x') + "\r\n\r\n";
  EXPECT_TRUE(http_get(http, large).starts_with("HTTP/1.1 400"));
  const std::string head =
      http_get(http, "HEAD /metrics HTTP/1.1\r\nHost: spind\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << "no body";
  EXPECT_TRUE(http_get(http, get("/healthz")).starts_with("HTTP/1.1 200")) << "and it goes on";
}

TEST_F(DaemonTest, TwoRequestsTravelOverOneConnection) {
  const Process process = start({"--http", "unix:" + path("http.sock")});
  const std::string both =
      http_get(path("http.sock"), "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + get("/healthz"));
  EXPECT_NE(both.find("ok\nHTTP/1.1 200"), std::string::npos) << both;
}

}  // namespace
}  // namespace spin
