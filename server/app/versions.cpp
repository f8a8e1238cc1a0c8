#include "server/app/versions.h"

namespace spin {

Versions::Watch::Watch(Versions& versions, SweepId sweep) : versions_(versions), sweep_(sweep) {
  const std::lock_guard lock(versions_.mutex_);
  ++versions_.sweeps_[sweep_].watchers;
}

Versions::Watch::~Watch() {
  const std::lock_guard lock(versions_.mutex_);
  const auto entry = versions_.sweeps_.find(sweep_);
  if (--entry->second.watchers == 0) versions_.sweeps_.erase(entry);
}

bool Versions::Watch::wait_for_other(std::uint64_t known, Deadline deadline) const {
  std::unique_lock lock(versions_.mutex_);
  return versions_.changed_.wait_until(lock, deadline,
                                       [&] { return versions_.sweeps_.at(sweep_).version != known; });
}

void Versions::follow(const core::Coordinator& coordinator) {
  bool changed = false;
  const std::lock_guard lock(mutex_);
  for (auto& [sweep, entry] : sweeps_) {
    const std::uint64_t version = coordinator.sweep_version(sweep);
    changed = changed || version != entry.version;
    entry.version = version;
  }
  if (changed) changed_.notify_all();
}

void Versions::logs_grew() {
  const std::lock_guard lock(mutex_);
  ++logs_;
  changed_.notify_all();
}

std::uint64_t Versions::log_version() const {
  const std::lock_guard lock(mutex_);
  return logs_;
}

void Versions::wait_for_logs(std::uint64_t known, Deadline deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [&] { return logs_ != known; });
}

}  // namespace spin
