#include "schema/base/device.h"

#include <algorithm>
#include <charconv>

namespace spin {
namespace {

Error no_device(std::string_view text) {
  return {ErrorCode::invalid_argument, "'" + std::string(text) + "' is neither cpu nor cuda:K, as in cuda:0"};
}

}  // namespace

const char* to_string(Device::Kind kind) { return kind == Device::Kind::cuda ? "cuda" : "cpu"; }

std::string to_string(const Device& device) {
  const std::string kind = to_string(device.kind);
  return device.kind == Device::Kind::cuda ? kind + ":" + std::to_string(device.index) : kind;
}

Result<Device> parse_device(std::string_view text) {
  constexpr std::string_view kCuda = "cuda:";
  constexpr std::size_t kMostDigits = 3;
  if (text == "cpu") return Device{};
  if (text.substr(0, kCuda.size()) != kCuda) return no_device(text);
  const auto digits = text.substr(kCuda.size());
  const bool is_number = !digits.empty() && digits.size() <= kMostDigits &&
                         digits.find_first_not_of("0123456789") == std::string_view::npos;
  // A device has one name, for workers are told apart by it.
  if (!is_number || (digits.size() > 1 && digits[0] == '0')) return no_device(text);
  Device device{Device::Kind::cuda};
  std::from_chars(digits.data(), digits.data() + digits.size(), device.index);
  return device;
}

Result<std::vector<Device>> parse_devices(std::string_view text) {
  std::vector<Device> devices;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    SPIN_ASSIGN(const Device device, parse_device(text.substr(begin, end - begin)));
    if (std::find(devices.begin(), devices.end(), device) != devices.end())
      return Error{ErrorCode::invalid_argument,
                   "'" + std::string(text) + "' names " + to_string(device) + " twice"};
    devices.push_back(device);
    begin = end + 1;
  }
  return devices;
}

Status check_device_list(std::string_view text) {
  if (text == kAllGpus) return {};
  const auto parsed = parse_devices(text);
  if (parsed.ok()) return {};
  return Error{parsed.error().code, parsed.error().message +
                                        "; a list of cpu and cuda:K, as in cuda:0,cuda:1, or " +
                                        std::string(kAllGpus) + " alone is accepted"};
}

}  // namespace spin
