#include <algorithm>
#include <memory>
#include <utility>

#include "server/core/dependencies.h"
#include "server/core/state.h"
#include "server/core/step.h"

namespace spin::core {
namespace {

JobPhase waiting_phase(const Core& core, const Job& job) {
  const DependencyView view = view_dependencies(core.catalogue, job);
  if (view.obstacle) return Blocked{view.obstacle};
  return view.unmet > 0 ? JobPhase{Waiting{view.unmet}} : JobPhase{Ready{}};
}

JobPhase running_phase(const Core& core, const StoredJob& stored, const Job& job, Now now) {
  // A running job without an attempt would be a defect of the store; nobody runs it.
  if (!stored.attempt) return Ready{};
  auto attempt = std::make_unique<Attempt>();
  attempt->token = *stored.attempt;
  attempt->worker = stored.worker;
  attempt->deadline = now + std::chrono::milliseconds(core.settings.lease_ms);
  attempt->memory_bytes = memory_needed(core, core.catalogue.owner_of(job), job.needs);
  return Running{std::move(attempt)};
}

JobPhase blocked_phase(const Core& core, const StoredJob& stored, const Job& job) {
  const DependencyView view = view_dependencies(core.catalogue, job);
  if (!view.obstacle) return waiting_phase(core, job);
  return Blocked{std::make_shared<const Obstacle>(Obstacle{view.obstacle->by, stored.reason})};
}

/// Dependencies have lower numbers than what needs them, so that theirs are known already.
JobPhase phase_of(const Core& core, const StoredJob& stored, const Job& job, Now now) {
  switch (stored.state) {
    case JobState::waiting:
      return waiting_phase(core, job);
    case JobState::ready:
      return Ready{};
    case JobState::backoff:
      return Backoff{now, {}};
    case JobState::running:
      return running_phase(core, stored, job, now);
    case JobState::completed:
      return Completed{};
    case JobState::diverged:
      return Diverged{};
    case JobState::failed:
      return Failed{std::make_shared<const std::string>(stored.reason)};
    case JobState::blocked:
      return blocked_phase(core, stored, job);
    case JobState::paused:
      return Paused{stored.attempt};
    case JobState::cancelled:
      break;
  }
  return Cancelled{};
}

Job make_job(Core& core, const StoredJob& stored) {
  Job job;
  job.id = stored.id;
  job.failures = static_cast<std::int16_t>(stored.failures);
  job.trainer_deaths = static_cast<std::int16_t>(stored.trainer_deaths);
  job.workers_lost = stored.workers_lost;
  job.needs = core.needs.intern(stored.memory_bytes, stored.dataset);
  job.work = static_cast<float>(stored.work);
  for (const auto& artifact : {stored.checkpoint, stored.model, stored.best})
    if (artifact) job.set(*artifact);
  if (stored.best) job.artifacts->best_top1 = stored.best_top1;
  return job;
}

void restore_sweep(Core& core, StoredSweep& stored) {
  Sweep sweep;
  sweep.id = stored.id;
  sweep.name = std::move(stored.name);
  sweep.submitted_at_ms = stored.submitted_at_ms;
  sweep.priority = stored.priority;
  sweep.max_attempts = stored.max_attempts;
  sweep.requirements = std::move(stored.requirements);
  sweep.withdrawn = stored.withdrawn;
  sweep.paused = stored.paused;
  Sweep& restored = core.catalogue.restore_sweep(std::move(sweep));
  restored.jobs.reserve(stored.jobs.size());
  for (const JobKey key : stored.jobs) core.catalogue.link(key, restored);
}

/// Once it hangs together with its sweeps and its dependencies.
void restore_phase(Core& core, const StoredJob& stored, Now now) {
  Job& job = core.catalogue.at(stored.key);
  const JobState before = state_of(job.phase);
  job.phase = phase_of(core, stored, job, now);
  core.catalogue.count(job, before, state_of(job.phase));
  if (stored.priority) core.own_priority[stored.key] = *stored.priority;
  file_phase(core, stored.key);
  if (is_done(stored.state)) ++core.done_before;
}

}  // namespace

Core restore(const Settings& settings, StoredState stored, Now now) {
  Core core;
  core.settings = settings;
  core.boot_epoch = stored.boot_epoch;
  std::sort(stored.jobs.begin(), stored.jobs.end(),
            [](const StoredJob& a, const StoredJob& b) { return a.key < b.key; });
  for (const StoredJob& job : stored.jobs) {
    core.catalogue.restore(job.key, make_job(core, job));
    for (const JobKey dependency : job.depends_on) core.catalogue.depend(job.key, dependency);
  }
  for (StoredSweep& sweep : stored.sweeps) restore_sweep(core, sweep);
  for (const StoredJob& job : stored.jobs) restore_phase(core, job, now);
  return core;
}

}  // namespace spin::core
