#include "worker/trainer/devices.h"

#include <fstream>
#include <string>

#include <torch/torch.h>

#include "schema/base/device.h"
#include "schema/base/machine.h"
#include "worker/trainer/cuda_devices.h"

namespace spin {
namespace {

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0 && line.find(": ") != std::string::npos)
      return line.substr(line.find(": ") + 2);
  return "CPU";
}

}  // namespace

nlohmann::json describe_devices() {
  auto devices = nlohmann::json::array();
  devices.push_back({{"device", "cpu"},
                     {"name", cpu_name()},
                     {"memory_bytes", machine_memory()},
                     {"cores", usable_cores()}});
  int number = 0;
  for (const auto& device : cuda_devices()) {
    devices.push_back({{"device", to_string(Device{Device::Kind::cuda, number++})},
                       {"name", device.name},
                       {"memory_bytes", device.memory_bytes},
                       {"free_bytes", device.free_bytes}});
    if (!device.problem.empty()) devices.back()["problem"] = device.problem;
  }
  return {{"libtorch", TORCH_VERSION}, {"cuda", has_cuda()}, {"devices", devices}};
}

}  // namespace spin
