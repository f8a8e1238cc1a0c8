#include "server/app/followed_logs.h"

#include <algorithm>
#include <concepts>
#include <iterator>
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

std::shared_ptr<FollowedLogs::Follower> FollowedLogs::add(core::JobKey job) {
  return followers_.emplace(job, std::make_shared<Follower>(job))->second;
}

void FollowedLogs::remove(const std::shared_ptr<Follower>& follower) {
  follower->is_gone = true;
  follower->waiting = nullptr;
  const auto [begin, end] = followers_.equal_range(follower->job);
  const auto found = std::find_if(begin, end, [&](const auto& entry) { return entry.second == follower; });
  if (found != end) followers_.erase(found);
}

void FollowedLogs::when_changed(Follower& follower, std::uint64_t known, Wake wake) {
  if (follower.is_gone) return;
  if (follower.changes != known) return wake();
  follower.waiting = std::move(wake);
}

/// A change that speaks of a whole sweep concerns a job only where others follow that name it, but for its
/// deletion.
std::vector<core::JobKey> FollowedLogs::among(const std::vector<core::Change>& changes) const {
  std::vector<core::JobKey> found;
  if (followers_.empty()) return found;
  const auto look_at = [&](core::JobKey job) {
    if (followers_.contains(job)) found.push_back(job);
  };
  for (const auto& change : changes)
    std::visit(
        [&](const auto& one) {
          using T = std::decay_t<decltype(one)>;
          if constexpr (OfJob<T>) {
            look_at(one.job);
          } else if constexpr (std::is_same_v<T, core::DeleteJobs>) {
            std::for_each(one.jobs.begin(), one.jobs.end(), look_at);
          }
        },
        change);
  return found;
}

void FollowedLogs::committed(const std::vector<core::JobKey>& jobs) {
  for (const core::JobKey job : jobs) {
    const auto [begin, end] = followers_.equal_range(job);
    for (auto follower = begin; follower != end; ++follower) changed(*follower->second);
  }
}

void FollowedLogs::changed(Follower& follower) {
  ++follower.changes;
  if (const Wake wake = std::exchange(follower.waiting, nullptr)) wake();
}

void FollowedLogs::stop() {
  while (!followers_.empty()) remove(std::shared_ptr(followers_.begin()->second));
}

}  // namespace spin
