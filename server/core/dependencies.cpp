#include "server/core/dependencies.h"

#include <memory>
#include <vector>

#include "schema/base/text.h"
#include "server/core/steer.h"

namespace spin::core {
namespace {

/// A failure may block thousands, and each of them stores the reason.
constexpr std::size_t kMaxReasonBytes = 200;

ObstacleRef make_obstacle(JobKey by, const std::string& reason) {
  return std::make_shared<const Obstacle>(Obstacle{by, shortened(reason, kMaxReasonBytes)});
}

/// What `job` is to those that depend on it; none where they may wait for it or start from it.
ObstacleRef as_obstacle(JobKey key, const Job& job) {
  if (const auto* blocked = std::get_if<Blocked>(&job.phase)) return blocked->obstacle;
  const std::string name = "dependency " + job.id.short_hex();
  if (std::holds_alternative<Diverged>(job.phase))
    return make_obstacle(key, name + " diverged: there is no model to start from");
  if (const auto* failed = std::get_if<Failed>(&job.phase))
    return make_obstacle(key, name + " failed: " + *failed->reason);
  if (std::holds_alternative<Cancelled>(job.phase)) return make_obstacle(key, name + " was cancelled");
  return nullptr;
}

void revive_one(Step& step, JobKey key, int unmet) {
  change(step, key, Revive{unmet});
  pause_if_held(step, key);
}

/// Blocked jobs that nothing stands in the way of any more wait again, or are ready; the others may now be
/// blocked by another job.
void unblock(Step& step, std::vector<JobKey> open) {
  while (!open.empty()) {
    const JobKey key = open.back();
    open.pop_back();
    const Job& job = step.core.catalogue.at(key);
    const auto next = job.more().dependants.items();
    // What a cancel in parts has not reached may be blocked by what stands before a job that it has.
    if (std::holds_alternative<Cancelled>(job.phase)) open.insert(open.end(), next.begin(), next.end());
    const auto* blocked = std::get_if<Blocked>(&job.phase);
    if (blocked == nullptr) continue;
    const DependencyView view = view_dependencies(step.core.catalogue, job);
    if (view.obstacle && view.obstacle->by == blocked->obstacle->by) continue;
    if (view.obstacle)
      change(step, key, Block{view.obstacle}, view.obstacle->reason);
    else
      revive_one(step, key, view.unmet);
    open.insert(open.end(), next.begin(), next.end());
  }
}

/// A job that waits; and one that the same job has blocked with another reason before.
bool may_block(const Job& job, const ObstacleRef& obstacle) {
  const auto* blocked = std::get_if<Blocked>(&job.phase);
  return blocked == nullptr ? std::holds_alternative<Waiting>(job.phase)
                            : blocked->obstacle->by == obstacle->by && blocked->obstacle != obstacle;
}

std::vector<JobKey> dependants_of(const Step& step, JobKey key) {
  const auto dependants = step.core.catalogue.at(key).more().dependants.items();
  return {dependants.begin(), dependants.end()};
}

}  // namespace

DependencyView view_dependencies(const Catalogue& catalogue, const Job& job) {
  DependencyView view;
  for (const Dependency& needed : job.more().depends_on.items()) {
    const Job& dependency = catalogue.at(needed.on());
    if (!std::holds_alternative<Completed>(dependency.phase)) ++view.unmet;
    if (!view.obstacle) view.obstacle = as_obstacle(needed.on(), dependency);
  }
  return view;
}

void release_dependants(Step& step, JobKey key) {
  for (const JobKey dependant : dependants_of(step, key))
    if (std::holds_alternative<Waiting>(step.core.catalogue.at(dependant).phase))
      change(step, dependant, DependencyDone{});
  unblock(step, dependants_of(step, key));
}

void block_dependants(Step& step, JobKey key) {
  const auto obstacle = as_obstacle(key, step.core.catalogue.at(key));
  if (!obstacle) return;
  std::vector<JobKey> open = dependants_of(step, key);
  while (!open.empty()) {
    const JobKey next = open.back();
    open.pop_back();
    if (!may_block(step.core.catalogue.at(next), obstacle)) continue;
    change(step, next, Block{obstacle}, obstacle->reason);
    const auto further = dependants_of(step, next);
    open.insert(open.end(), further.begin(), further.end());
  }
  unblock(step, dependants_of(step, key));  // what stood in the way of this job is not what they wait for now
}

void unblock_dependants(Step& step, JobKey key) { unblock(step, dependants_of(step, key)); }

void revive(Step& step, JobKey key) {
  Job& job = step.core.catalogue.at(key);
  const DependencyView view = view_dependencies(step.core.catalogue, job);
  if (view.obstacle && std::holds_alternative<Blocked>(job.phase)) return;
  job.forgive_failures();
  if (view.obstacle) {
    change(step, key, Revive{view.unmet});
    change(step, key, Block{view.obstacle}, view.obstacle->reason);
  } else {
    revive_one(step, key, view.unmet);
  }
  unblock(step, dependants_of(step, key));
}

}  // namespace spin::core
