#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include <netinet/in.h>

#include "tests/server/app/daemon_fixture.h"
#include "tests/support/authority.h"

// A spind that runs out of descriptors is reached again once it has some.

namespace spin {
namespace {

class DescriptorsTest : public DaemonTest {
 protected:
  /// A spind that may have few descriptors.
  Process start_small(const std::string& address, const std::vector<std::string>& more) {
    std::string command =
        "ulimit -n 64; exec '" + spind() + "' --db '" + database() + "' --listen '" + address + "'";
    for (const auto& word : more) command += " '" + word + "'";
    Process process({"/bin/bash", "-c", command}, log(), folder_.path().string());
    EXPECT_TRUE(eventually(kLimit, [&] { return !process.running() || is_ready(process); }));
    EXPECT_TRUE(process.running()) << process.output();
    return process;
  }
  bool is_served(const std::string& address, const std::vector<std::string>& more) {
    std::vector<std::string> command{program("spinctl"), "--connect", address};
    command.insert(command.end(), more.begin(), more.end());
    command.push_back("status");
    return run_command(command, folder_.path().string(), kLimit).exit_code == 0;
  }
  /// Connects until nobody is let in any more, and hangs up.
  void flood(const Process& process, const sockaddr* where, socklen_t length) {
    std::vector<FileDescriptor> connections;
    for (int i = 0; i < 100; ++i) {
      connections.emplace_back(::socket(where->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
      EXPECT_EQ(::connect(connections.back().get(), where, length), 0);
    }
    EXPECT_TRUE(eventually(kLimit, [&] {
      return contains(process.output(), "nobody can connect for now: Too many");
    })) << process.output();
  }
  void expect_end(Process& process) {
    EXPECT_TRUE(contains(process.output(), "connections are accepted again")) << process.output();
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(kLimit), 0) << process.output();
  }
};

TEST_F(DescriptorsTest, OverAUnixSocket) {
  Process process = start_small(address(), {});
  ASSERT_TRUE(is_served(address(), {})) << process.output();
  const std::string file = path("s.sock");
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  std::copy(file.begin(), file.end(), where.sun_path);
  flood(process, reinterpret_cast<const sockaddr*>(&where), sizeof where);
  EXPECT_TRUE(eventually(kLimit, [&] { return is_served(address(), {}); })) << process.output();
  expect_end(process);
}

TEST_F(DescriptorsTest, OverTcpWithTls) {
  const Authority authority;
  const auto client = tls_options(authority.issue("client", {.names = "", .usage = "clientAuth"}));
  Process process =
      start_small("127.0.0.1:0", tls_options(authority.issue("server", {.usage = "serverAuth"})));
  const std::string told = process.output();
  std::smatch match;
  ASSERT_TRUE(std::regex_search(told, match, std::regex("127\\.0\\.0\\.1:(\\d+)"))) << told;
  const std::string at = match[0];
  ASSERT_TRUE(is_served(at, client)) << process.output();
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  where.sin_port = htons(static_cast<std::uint16_t>(std::stoi(match[1])));
  flood(process, reinterpret_cast<const sockaddr*>(&where), sizeof where);
  EXPECT_TRUE(eventually(kLimit, [&] { return is_served(at, client); })) << process.output();
  expect_end(process);
}

}  // namespace
}  // namespace spin
