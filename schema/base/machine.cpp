#include "schema/base/machine.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

#include <sched.h>
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

/// CPU time a second; infinite where the folder sets no quota. v2: "MAX PERIOD" in one file; v1: two files,
/// -1 = none.
double quota_of(const std::filesystem::path& folder) {
  double quota = 0;
  double period = 0;
  std::ifstream v2(folder / "cpu.max");
  const bool is_v2 = v2.is_open();
  bool is_known = is_v2 && v2 >> quota >> period;
  if (!is_v2)
    is_known = std::ifstream(folder / "cpu.cfs_quota_us") >> quota &&
               std::ifstream(folder / "cpu.cfs_period_us") >> period;
  return is_known && quota > 0 && period > 0 ? quota / period : std::numeric_limits<double>::infinity();
}

/// Whether the list of controllers, as "cpu,cpuacct", names this one.
bool names(const std::string& controllers, const std::string& controller) {
  return ("," + controllers + ",").find("," + controller + ",") != std::string::npos;
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

double cpu_quota(const std::filesystem::path& root, std::istream& groups) {
  auto tightest = std::numeric_limits<double>::infinity();
  for (std::string line; std::getline(groups, line);) {  // HIERARCHY:CONTROLLERS:/PATH
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos || line.compare(second, 2, ":/") != 0) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && !names(controllers, "cpu")) continue;
    auto folder = controllers.empty() ? root : root / controllers;
    if (!controllers.empty() && !std::filesystem::exists(folder)) folder = root / "cpu";
    tightest = std::min(tightest, quota_of(folder));
    for (const auto& part : std::filesystem::path(line.substr(second + 2)))
      tightest = std::min(tightest, quota_of(folder /= part));
  }
  return std::isinf(tightest) ? 0 : tightest;
}

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int affinity = sched_getaffinity(0, sizeof set, &set) == 0
                           ? CPU_COUNT(&set)
                           : static_cast<int>(std::thread::hardware_concurrency());
  std::ifstream groups("/proc/self/cgroup");
  const double quota = cpu_quota("/sys/fs/cgroup", groups);
  const int cores =
      quota > 0 ? std::min(affinity, static_cast<int>(std::ceil(std::min(quota, 1e6)))) : affinity;
  return std::max(1, cores);
}

std::int64_t machine_memory() {
  const auto physical = std::int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  return std::min(physical, control_group_limit());
}

}  // namespace spin
