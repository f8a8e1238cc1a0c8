#include "worker/daemon/device_offers.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "schema/base/child_process.h"
#include "schema/base/device.h"
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

/// What stands in front of an error of the option.
std::string of_option(const std::string& text) { return "--device " + text + ": "; }

Error no_such(const std::string& what, const nlohmann::json& list) {
  return {ErrorCode::invalid_argument, what + " for spin-train, whose LibTorch " +
                                           list.value("libtorch", "") +
                                           (list.value("cuda", false) ? " has" : " lacks") +
                                           " CUDA; there is " + list_of(list.at("devices"))};
}

/// Bytes of the device; 0 where the trainer says nothing of them, none where it cannot open the device.
std::optional<std::int64_t> memory_of(const nlohmann::json& entry) {
  const auto bytes = std::max(std::int64_t{0}, entry.value("memory_bytes", std::int64_t{0}));
  return bytes == 0 && entry.contains("problem") ? std::nullopt : std::optional(bytes);
}

/// The memory of those of the offers that the list of a trainer says something of.
Status fill_memory(const nlohmann::json& list, std::vector<DeviceOffer>& offers) {
  const auto& devices = list.at("devices");
  for (DeviceOffer& offer : offers) {
    if (offer.device == "cpu") continue;
    const auto found = std::find_if(devices.begin(), devices.end(), [&](const auto& entry) {
      return entry.value("device", "") == offer.device;
    });
    if (found == devices.end()) return no_such(of_option(offer.device) + "there is no such device", list);
    const auto memory = memory_of(*found);
    if (!memory)
      return Error{ErrorCode::unavailable,
                   of_option(offer.device) + "spin-train cannot open it; there is " + list_of(devices)};
    offer.memory_bytes = *memory;
  }
  return {};
}

/// Every GPU of the list. unavailable, and the offers are those that can be opened, where one cannot be.
Status take_all(const nlohmann::json& list, std::vector<DeviceOffer>& offers) {
  const auto& devices = list.at("devices");
  bool all_open = true;
  for (const auto& entry : devices) {
    const auto device = parse_device(entry.value("device", ""));
    if (!device.ok() || device->kind != Device::Kind::cuda) continue;
    const auto memory = memory_of(entry);
    if (memory) offers.push_back({to_string(*device), *memory});
    all_open = all_open && memory;
  }
  const std::string option = of_option(std::string(kAllGpus));
  if (!all_open)
    return Error{ErrorCode::unavailable,
                 option + "spin-train cannot open all of them; there is " + list_of(devices)};
  if (offers.empty()) return no_such(option + "there is no GPU", list);
  return {};
}

/// Asks once. `offers`: as they are named; of all GPUs those that this answer says can be opened.
Status ask_for(const std::string& text, const std::string& trainer, milliseconds limit,
               std::vector<DeviceOffer>& offers) {
  if (text == kAllGpus) offers.clear();
  SPIN_ASSIGN(const Answer answer, ask(trainer, limit));
  const auto list = nlohmann::json::parse(answer.output, nullptr, /*allow_exceptions=*/false);
  const bool is_well = !answer.end.by_signal && answer.end.number == 0;
  std::string problem = answer.errors.empty() ? "it answered something else"
                                              : answer.errors.substr(0, answer.errors.find('\n'));
  if (is_well && list.is_object() && list.contains("devices")) {
    try {
      return text == kAllGpus ? take_all(list, offers) : fill_memory(list, offers);
    } catch (const nlohmann::json::exception& error) {
      problem = error.what();
    }
  }
  problem = "`" + trainer + " --devices` does not say what devices there are: " + problem;
  if (text == kAllGpus) return Error{ErrorCode::invalid_argument, of_option(text) + problem};
  spdlog::warn("{}", problem);
  return {};
}

}  // namespace

Result<std::vector<DeviceOffer>> device_offers(const std::string& text, const std::string& trainer,
                                               milliseconds limit, milliseconds open_limit) {
  std::vector<DeviceOffer> offers;
  if (text != kAllGpus) {
    SPIN_ASSIGN(const auto devices, parse_devices(text));
    for (const Device& device : devices)
      offers.push_back({to_string(device), device == Device{} ? machine_memory() / 10 * 9 : 0});
  }
  if (text == "cpu") return offers;
  const auto begin = Clock::now();
  bool said = false;
  for (;;) {
    const Status asked = ask_for(text, trainer, limit, offers);
    if (asked.ok()) return offers;
    if (asked.error().code != ErrorCode::unavailable) return asked.error();
    // A driver that hangs has had its time with the first question.
    if (Clock::now() - begin + kOpenInterval > open_limit) {
      if (text != kAllGpus || offers.empty()) return asked.error();
      spdlog::error("{}; the others are offered", asked.error().message);
      return offers;
    }
    if (!std::exchange(said, true))
      spdlog::warn("{}; it is asked again for up to {} s", asked.error().message, open_limit.count() / 1000);
    ::poll(nullptr, 0, static_cast<int>(kOpenInterval.count()));
  }
}

}  // namespace spin::daemon
