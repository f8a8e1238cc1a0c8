#include "worker/daemon/device_memory.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "schema/base/child_process.h"
#include "schema/base/machine.h"

namespace spin::daemon {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMaxBytes = 64 << 10;
/// Between two looks at whether the process has ended, whose children may hold its pipes.
constexpr milliseconds kLookInterval{50};
/// How long a process that was killed may take to go; one that hangs in a driver never does.
constexpr milliseconds kKillLimit{2'000};
/// From one question for a device that cannot be opened to the next.
constexpr milliseconds kOpenInterval{1'000};

struct Answer {
  std::string output, errors;
  ProcessEnd end;
};

/// What is there to read within the time, kept up to a limit; false at the end of both streams.
bool read_some(ChildProcess& child, Answer& answer, milliseconds time) {
  auto& [input, output, errors] = child.pipes;
  pollfd polled[] = {{output.get(), POLLIN, 0}, {errors.get(), POLLIN, 0}};
  if (::poll(polled, 2, static_cast<int>(time.count())) <= 0) return true;
  const auto take = [](const pollfd& ready, FileDescriptor& stream, std::string& text) {
    if (ready.revents == 0) return;
    char block[4096];
    const ssize_t count = ::read(stream.get(), block, sizeof block);
    if (count <= 0) return stream.reset();
    if (text.size() < kMaxBytes) text.append(block, static_cast<std::size_t>(count));
  };
  take(polled[0], output, answer.output);
  take(polled[1], errors, answer.errors);
  return output.is_open() || errors.is_open();
}

void give_up_on(ChildProcess& child) {
  child.kill_group();
  for (const auto end = Clock::now() + kKillLimit; !child.poll();) {
    if (Clock::now() >= end) return child.abandon();
    ::poll(nullptr, 0, static_cast<int>(kLookInterval.count()));
  }
}

std::string unanswered(const std::string& trainer, milliseconds time) {
  return "`" + trainer + " --devices` has not answered for " + std::to_string(time.count() / 1000) +
         " s: the driver of the device may hang (does `nvidia-smi` answer?)";
}

Result<Answer> ask(const std::string& trainer, milliseconds limit) {
  ChildProcess::Command command{{trainer, "--devices"}};
  command.dies_with_thread = true;
  SPIN_ASSIGN(ChildProcess child, ChildProcess::start(command));
  child.pipes.input.reset();
  Answer answer;
  bool more = true;
  std::optional<ProcessEnd> end;
  bool said = false;
  const auto begin = Clock::now();
  for (; !end; end = child.poll()) {
    const auto waited = Clock::now() - begin;
    if (waited >= limit) {
      give_up_on(child);
      return Error{ErrorCode::unavailable, unanswered(trainer, limit)};
    }
    if (waited >= limit / 6 && !std::exchange(said, true))
      spdlog::warn("{}; it is waited for up to {} s", unanswered(trainer, limit / 6), limit.count() / 1000);
    if (more) {
      more = read_some(child, answer, kLookInterval);
    } else {
      ::poll(nullptr, 0, static_cast<int>(kLookInterval.count()));
    }
  }
  while (more && answer.output.size() < kMaxBytes) {  // what it wrote last
    const auto before = answer.output.size() + answer.errors.size();
    more = read_some(child, answer, milliseconds(0));
    if (answer.output.size() + answer.errors.size() == before) break;
  }
  answer.end = *end;
  return answer;
}

/// "cpu, cuda:0 (NVIDIA A100), cuda:1 (NVIDIA A100, which cannot be opened: out of memory)".
std::string list_of(const nlohmann::json& devices) {
  std::string text;
  for (const auto& device : devices) {
    const auto name = device.value("device", "");
    const auto problem = device.value("problem", "");
    text += (text.empty() ? "" : ", ") + name;
    if (name == "cpu") continue;
    const auto card = device.value("name", "");
    text += " (" + (card.empty() ? "a GPU" : card);
    text += problem.empty() ? ")" : ", which cannot be opened: " + problem + ")";
  }
  return text.empty() ? "none" : text;
}

/// Of a list that a trainer gave; 0 where it says nothing of the device's memory.
Result<std::int64_t> memory_in(const nlohmann::json& list, const std::string& device) {
  const auto& devices = list.at("devices");
  const auto found = std::find_if(devices.begin(), devices.end(),
                                  [&](const auto& entry) { return entry.value("device", "") == device; });
  if (found != devices.end()) {
    const auto bytes = std::max(std::int64_t{0}, found->value("memory_bytes", std::int64_t{0}));
    if (bytes > 0 || !found->contains("problem")) return bytes;
    return Error{ErrorCode::unavailable,
                 "--device " + device + ": spin-train cannot open it; there is " + list_of(devices)};
  }
  return Error{ErrorCode::invalid_argument,
               "--device " + device + ": there is no such device for spin-train, whose LibTorch " +
                   list.value("libtorch", "") + (list.value("cuda", false) ? " has" : " lacks") +
                   " CUDA; there is " + list_of(devices)};
}

/// Asks once.
Result<std::int64_t> memory_now(const std::string& device, const std::string& trainer, milliseconds limit) {
  SPIN_ASSIGN(const Answer answer, ask(trainer, limit));
  const auto list = nlohmann::json::parse(answer.output, nullptr, /*allow_exceptions=*/false);
  const bool is_well = !answer.end.by_signal && answer.end.number == 0;
  if (is_well && list.is_object() && list.contains("devices")) {
    try {
      return memory_in(list, device);
    } catch (const nlohmann::json::exception& error) {
      spdlog::warn("`{} --devices`: {}", trainer, error.what());
      return std::int64_t{0};
    }
  }
  spdlog::warn("`{} --devices` does not say what devices there are: {}", trainer,
               answer.errors.empty() ? "it answered something else"
                                     : answer.errors.substr(0, answer.errors.find('\n')));
  return std::int64_t{0};
}

}  // namespace

Result<std::int64_t> device_memory(const std::string& device, const std::string& trainer, milliseconds limit,
                                   milliseconds open_limit) {
  if (device == "cpu") return machine_memory() / 10 * 9;
  const auto begin = Clock::now();
  bool said = false;
  for (;;) {
    auto memory = memory_now(device, trainer, limit);
    if (memory.ok() || memory.error().code != ErrorCode::unavailable) return memory;
    // A driver that hangs has had its time with the first question.
    if (Clock::now() - begin + kOpenInterval > open_limit) return memory;
    if (!std::exchange(said, true))
      spdlog::warn("{}; it is asked again for up to {} s", memory.error().message, open_limit.count() / 1000);
    ::poll(nullptr, 0, static_cast<int>(kOpenInterval.count()));
  }
}

}  // namespace spin::daemon
