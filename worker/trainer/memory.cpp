#include "worker/trainer/memory.h"

#include <cstdio>
#include <fstream>
#include <string>

#include <malloc.h>

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
