#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"

namespace spin {

/// What a process trains on.
struct Device {
  enum class Kind { cpu, cuda };
  Kind kind = Kind::cpu;
  int index = 0;  ///< which GPU, as CUDA numbers them; 0 of the CPU

  friend bool operator==(const Device&, const Device&) = default;
};

/// "cpu", "cuda".
const char* to_string(Device::Kind kind);
/// "cpu", "cuda:0".
std::string to_string(const Device& device);

/// Reads `cpu` or `cuda:K`, where K is a number below 1000 as it is usually written ("0", never "00").
/// invalid_argument for anything else.
Result<Device> parse_device(std::string_view text);

/// Reads devices with commas between them, `cuda:0,cuda:2`, and keeps their order. invalid_argument where one
/// of them is no device or stands there twice.
Result<std::vector<Device>> parse_devices(std::string_view text);

/// In the place of a list: every GPU that there is.
inline constexpr std::string_view kAllGpus = "cuda:all";
/// Whether the text is a list of devices or kAllGpus.
Status check_device_list(std::string_view text);

}  // namespace spin
