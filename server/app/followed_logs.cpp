#include "server/app/followed_logs.h"

#include <concepts>
#include <type_traits>
#include <utility>
#include <variant>

namespace spin {
namespace {

/// Changes that name one job.
template <class T>
concept OfJob = requires(const T& change) {
  { change.job } -> std::convertible_to<core::JobKey>;
};

}  // namespace

std::shared_ptr<FollowedLogs::Job> FollowedLogs::add(core::JobKey key) {
  auto& job = jobs_[key];
  if (job == nullptr) {
    job = std::make_shared<Job>();
    job->key = key;
  }
  ++job->followers;
  return job;
}

void FollowedLogs::remove(const std::shared_ptr<Job>& job) {
  if (--job->followers == 0) jobs_.erase(job->key);
}

void FollowedLogs::when_changed(Job& job, std::uint64_t known, Wake wake) {
  if (job.changes != known) return wake();
  job.waiting.push_back(std::move(wake));
}

std::vector<core::JobKey> FollowedLogs::among(const std::vector<core::Change>& changes) const {
  std::vector<core::JobKey> found;
  if (jobs_.empty()) return found;
  bool all = false;
  for (const auto& change : changes)
    std::visit(
        [&](const auto& one) {
          using T = std::decay_t<decltype(one)>;
          if constexpr (OfJob<T>) {
            if (jobs_.contains(one.job)) found.push_back(one.job);
          } else if constexpr (!std::is_same_v<T, core::UpsertWorker>) {
            all = true;
          }
        },
        change);
  if (!all) return found;
  found.clear();
  for (const auto& [key, job] : jobs_) found.push_back(key);
  return found;
}

void FollowedLogs::committed(const std::vector<core::JobKey>& jobs) {
  for (const core::JobKey key : jobs) {
    const auto found = jobs_.find(key);
    if (found == jobs_.end()) continue;
    ++found->second->changes;
    for (const auto& wake : std::exchange(found->second->waiting, {})) wake();
  }
}

}  // namespace spin
