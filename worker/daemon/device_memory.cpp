#include "worker/daemon/device_memory.h"

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "schema/base/machine.h"
#include "worker/daemon/process.h"

namespace spin::daemon {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLimit{10};  ///< a driver in trouble hangs for ever
constexpr std::size_t kMaxBytes = 4096;

/// What the process writes until it closes its output; nothing where it does not within the limit.
std::optional<std::string> read_output(const ChildProcess& child) {
  const auto end = Clock::now() + kLimit;
  std::string text;
  while (text.size() < kMaxBytes) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd output{child.output.get(), POLLIN, 0};
    if (::poll(&output, 1, static_cast<int>(left.count())) <= 0) continue;
    char block[512];
    const ssize_t count = ::read(child.output.get(), block, sizeof block);
    if (count <= 0) return text;
    text.append(block, static_cast<std::size_t>(count));
  }
  return std::nullopt;
}

/// Output of a program that succeeded; empty where it is not there, failed or did not end.
std::string output_of(const std::vector<std::string>& argv) {
  const auto child = spawn(argv);
  if (!child.ok()) return {};
  const auto text = read_output(*child);
  if (!text) ::kill(-child->pid, SIGKILL);
  int status = 0;
  ::waitpid(child->pid, &status, 0);
  return text && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? *text : std::string();
}

/// What nvidia-smi calls the K-th device that CUDA sees.
std::string nvidia_name(std::size_t number) {
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  if (visible == nullptr) return std::to_string(number);
  std::string_view names = visible;
  for (; number > 0 && !names.empty(); --number) {
    const auto comma = names.find(',');
    names = comma == std::string_view::npos ? std::string_view() : names.substr(comma + 1);
  }
  return std::string(names.substr(0, names.find(',')));
}

}  // namespace

std::int64_t device_memory(const std::string& device) {
  if (device == "cpu") return machine_memory() / 10 * 9;
  const std::string name = nvidia_name(std::stoul(device.substr(device.find(':') + 1)));
  if (name.empty()) return 0;
  const std::string text =
      output_of({"nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits", "-i", name});
  std::int64_t mebibytes = 0;
  std::from_chars(text.data(), text.data() + text.size(), mebibytes);
  return mebibytes << 20;
}

}  // namespace spin::daemon
