#include "schema/base/machine.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include <unistd.h>

namespace spin {
namespace {

/// The number in the file; none where there is no such file, or "max" in it.
std::int64_t limit_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::int64_t value = 0;
  return file >> value && value > 0 ? value : std::numeric_limits<std::int64_t>::max();
}

/// The least limit of a control group and those around it.
std::int64_t least_limit(const std::filesystem::path& root, const std::filesystem::path& group,
                         const char* file) {
  auto least = limit_in(root / file);
  auto folder = root;
  for (const auto& part : group) least = std::min(least, limit_in((folder /= part) / file));
  return least;
}

std::int64_t control_group_limit() {
  std::ifstream groups("/proc/self/cgroup");  // lines of HIERARCHY:CONTROLLERS:/PATH
  auto least = std::numeric_limits<std::int64_t>::max();
  for (std::string line; std::getline(groups, line);) {
    const auto path_at = line.find(":/");
    if (path_at == std::string::npos) continue;
    const auto group = line.substr(path_at + 2);
    if (line.rfind("0::", 0) == 0)
      least = std::min(least, least_limit("/sys/fs/cgroup", group, "memory.max"));
    else if (line.find(":memory:") != std::string::npos)
      least = std::min(least, least_limit("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes"));
  }
  return least;
}

}  // namespace

std::int64_t machine_memory() {
  const auto physical = std::int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  return std::min(physical, control_group_limit());
}

}  // namespace spin
