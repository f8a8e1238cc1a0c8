#include "worker/trainer/memory.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include <malloc.h>
#include <unistd.h>

namespace spin {
namespace {

constexpr std::size_t kKeepFreeBytes = std::size_t{1} << 30;
constexpr double kPredictionMargin = 1.25;
constexpr auto kAdvice =
    "a smaller training.batch_size, more training.accumulation or a worker with more memory would do";

std::string size_text(std::int64_t bytes) {
  char text[64];
  const auto value = static_cast<double>(bytes);
  if (bytes < std::int64_t{1} << 30)
    std::snprintf(text, sizeof text, "%.0f MiB", value / (1 << 20));
  else
    std::snprintf(text, sizeof text, "%.1f GiB", value / (1 << 30));
  return text;
}

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

PeakMemory::PeakMemory() { std::ofstream("/proc/self/clear_refs") << "5"; }

std::int64_t PeakMemory::bytes() const {
  std::ifstream status("/proc/self/status");
  std::string word;
  std::int64_t kibibytes = 0;
  while (status >> word)
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
  return 0;
}

void trim_memory() {
  if (mallinfo2().fordblks > kKeepFreeBytes) malloc_trim(0);
}

std::int64_t machine_memory() {
  const auto physical = std::int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  return std::min(physical, control_group_limit());
}

Status check_memory(std::int64_t predicted, std::int64_t available) {
  if (static_cast<double>(predicted) <= kPredictionMargin * static_cast<double>(available)) return {};
  return Error{ErrorCode::resource_exhausted, "not started, for it would run out of memory: predicted " +
                                                  size_text(predicted) + ", this machine has " +
                                                  size_text(available) + "; " + kAdvice};
}

Error out_of_memory(std::int64_t predicted, std::int64_t peak) {
  auto message = "out of memory: predicted " + size_text(predicted);
  if (peak > 0) message += ", peak seen " + size_text(peak);
  return {ErrorCode::resource_exhausted, message + "; " + kAdvice};
}

}  // namespace spin
