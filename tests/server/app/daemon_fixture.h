#pragma once

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "schema/base/file.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

// The real spind, and what asks it.

namespace spin {

inline constexpr std::chrono::seconds kLimit{60};

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

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline std::string answer_to(int connection, const std::string& request) {
  EXPECT_EQ(send(connection, request.data(), request.size(), MSG_NOSIGNAL), std::ssize(request));
  std::string answer;
  char block[4096];
  for (ssize_t count = 0; (count = read(connection, block, sizeof block)) > 0;)
    answer.append(block, static_cast<std::size_t>(count));
  return answer;
}

/// The whole answer to one request over a Unix socket.
inline std::string http_get(const std::string& socket_path, const std::string& request) {
  const FileDescriptor client(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  std::memcpy(where.sun_path, socket_path.c_str(), socket_path.size() + 1);
  EXPECT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  return answer_to(client.get(), request);
}

inline std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: spind\r\nConnection: close\r\n\r\n";
}

}  // namespace spin
