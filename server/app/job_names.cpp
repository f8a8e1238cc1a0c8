#include "server/app/job_names.h"

namespace spin {
namespace {

constexpr std::size_t kMaxNames = 4096;

}  // namespace

void JobNames::fill(SweepStatus& status) {
  for (auto& running : status.running) running.name = name_of(status.id, core::JobKey{running.key});
}

std::string JobNames::name_of(SweepId sweep, core::JobKey job) {
  const std::pair place(sweep, job);
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = names_.find(place); known != names_.end()) return known->second;
  }
  const auto name = reader_.job_name(sweep, job);
  if (!name.ok()) return {};
  const std::lock_guard lock(mutex_);
  if (names_.size() >= kMaxNames) names_.clear();
  return names_[place] = *name;
}

}  // namespace spin
