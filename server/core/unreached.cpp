#include "server/core/unreached.h"

#include <algorithm>
#include <iterator>

#include "server/core/dependencies.h"
#include "server/core/settle.h"

namespace spin::core {
namespace {

/// With those that may stand in the way of the jobs; sorted, each once.
std::vector<JobKey> with_obstacles(const Catalogue& catalogue, std::vector<JobKey> keys) {
  const auto add_root = [&](JobKey key) {
    if (const auto* blocked = std::get_if<Blocked>(&catalogue.at(key).phase))
      keys.push_back(blocked->obstacle->by);
  };
  for (std::size_t i = 0, count = keys.size(); i < count; ++i) {
    add_root(keys[i]);
    for (const Dependency& dependency : catalogue.at(keys[i]).more().depends_on.items()) {
      keys.push_back(dependency.on());
      add_root(dependency.on());
    }
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace

Unreached::Unreached(const Core& core, std::vector<JobKey> keys) : core_(core) {
  if (core.unsettled.empty()) return;
  keys = with_obstacles(core.catalogue, std::move(keys));
  for (const SweepId id : core.unsettled) {
    const auto has_it = [&](JobKey key) { return core.catalogue.at(key).sweeps.contains(id); };
    if (std::any_of(keys.begin(), keys.end(), has_it)) look_at(*core.catalogue.find_sweep(id), keys);
  }
}

void Unreached::look_at(const Sweep& sweep, std::span<const JobKey> keys) {
  const std::int64_t end = std::ssize(sweep.jobs);
  const std::int64_t to_retry = sweep.retrying ? sweep.retrying->next : end;
  const std::int64_t to_settle = sweep.settling ? sweep.settling->next : end;
  std::int64_t i = std::min(to_retry, to_settle);
  for (auto job = sweep.jobs.from(i); job != sweep.jobs.end(); ++job, ++i) {
    const JobKey key = *job;
    if (key < keys.front() || key > keys.back() || !std::binary_search(keys.begin(), keys.end(), key))
      continue;
    const Owed owed{sweep.id, i >= to_retry && !sweep.retried_early.contains(key),
                    i >= to_settle && !sweep.settled_early.contains(key)};
    if (owed.retry || owed.settle) owed_[key].push_back(owed);
  }
}

std::span<const Unreached::Owed> Unreached::of(JobKey key) const {
  const auto found = owed_.find(key);
  return found == owed_.end() ? std::span<const Owed>() : found->second;
}

/// Whether the job begins anew or is resumed, or what blocks it is.
bool Unreached::goes_on(JobKey key) const {
  const Job& job = core_.catalogue.at(key);
  if (const auto* blocked = std::get_if<Blocked>(&job.phase)) return goes_on(blocked->obstacle->by);
  const auto owed = of(key);
  return std::any_of(owed.begin(), owed.end(), [&](const Owed& one) {
    const Sweep& sweep = *core_.catalogue.find_sweep(one.sweep);
    return (one.retry && may_retry(job, sweep.retrying->failed_only)) ||
           (one.settle && sweep.settling->kind == Settlement::Kind::resume && is_paused(job) &&
            !core_.catalogue.is_held(job));
  });
}

std::string Unreached::cancel_reason(JobKey key) const {
  for (const Owed& owed : of(key)) {
    const Sweep& sweep = *core_.catalogue.find_sweep(owed.sweep);
    if (owed.settle && sweep.settling->kind == Settlement::Kind::cancel) return sweep.settling->reason;
  }
  return {};
}

Unreached::Outlook Unreached::outlook(JobKey key) const {
  const Catalogue& catalogue = core_.catalogue;
  const Job& job = catalogue.at(key);
  const JobState now = state_of(job.phase);
  if (core_.unsettled.empty()) return {now, {}};
  if (may_cancel(job) && !catalogue.is_needed(job)) return {JobState::cancelled, cancel_reason(key)};
  const bool begins = goes_on(key);
  if (!begins && !is_live(now)) return {now, {}};
  if (catalogue.is_held(job)) return {JobState::paused, catalogue.owner_of(job)->title() + " is paused"};
  if (!begins) return {now, {}};
  const DependencyView view = view_dependencies(catalogue, job);
  if (view.obstacle && !goes_on(view.obstacle->by)) return {JobState::blocked, view.obstacle->reason};
  return {view.unmet > 0 ? JobState::waiting : JobState::ready, {}};
}

}  // namespace spin::core
