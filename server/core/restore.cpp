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
  if (view.obstacle) return Blocked{view.obstacle->by, view.obstacle->reason};
  return view.unmet > 0 ? JobPhase{Waiting{view.unmet}} : JobPhase{Ready{}};
}

JobPhase running_phase(const Core& core, const StoredJob& stored, Now now) {
  // A running job without an attempt would be a defect of the store; nobody runs it.
  if (!stored.attempt) return Ready{};
  auto attempt = std::make_unique<Attempt>();
  attempt->token = *stored.attempt;
  attempt->worker = stored.worker;
  attempt->deadline = now + std::chrono::milliseconds(core.settings.lease_ms);
  return Running{std::move(attempt)};
}

JobPhase blocked_phase(const Core& core, const StoredJob& stored, const Job& job) {
  const DependencyView view = view_dependencies(core.catalogue, job);
  if (!view.obstacle) return waiting_phase(core, job);
  return Blocked{view.obstacle->by, std::make_shared<const std::string>(stored.reason)};
}

/// Dependencies have lower numbers than what needs them, so that theirs are known already.
JobPhase phase_of(const Core& core, const StoredJob& stored, const Job& job, Now now) {
  switch (stored.state) {
    case JobState::waiting:
      return waiting_phase(core, job);
    case JobState::ready:
      return Ready{};
    case JobState::backoff:
      return Backoff{now, std::nullopt};
    case JobState::running:
      return running_phase(core, stored, now);
    case JobState::completed:
      return Completed{};
    case JobState::diverged:
      return Diverged{};
    case JobState::failed:
      return Failed{std::make_shared<const std::string>(stored.reason)};
    case JobState::blocked:
      return blocked_phase(core, stored, job);
    case JobState::cancelled:
    case JobState::paused:
      break;
  }
  return Cancelled{};
}

void restore_job(Core& core, const StoredJob& stored, Now now) {
  Job job;
  job.id = stored.id;
  job.failures = stored.failures;
  job.trainer_deaths = stored.trainer_deaths;
  job.workers_lost = stored.workers_lost;
  job.priority = stored.priority;
  job.max_attempts = stored.max_attempts;
  job.work = stored.work;
  if (stored.checkpoint) job.set(*stored.checkpoint);
  if (stored.model) job.set(*stored.model);
  core.catalogue.restore(stored.key, std::move(job));
  for (const JobKey dependency : stored.depends_on) core.catalogue.depend(stored.key, dependency);

  Job& restored = core.catalogue.at(stored.key);
  restored.phase = phase_of(core, stored, restored, now);
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
  for (const StoredJob& job : stored.jobs) restore_job(core, job, now);
  for (const StoredSweep& from : stored.sweeps) {
    Sweep& sweep = core.catalogue.restore_sweep(from.id, from.name, from.submitted_at_ms);
    sweep.withdrawn = from.withdrawn;
    for (const JobKey key : from.jobs) core.catalogue.link(key, sweep);
  }
  return core;
}

}  // namespace spin::core
