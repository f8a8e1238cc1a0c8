#include "server/core/restoration.h"

#include <algorithm>
#include <utility>

#include "server/core/dependencies.h"
#include "server/core/state.h"
#include "server/core/step.h"

namespace spin::core {
namespace {

/// Whether something that was asked of a sweep of the job was still on its way through its jobs.
bool may_be_unsettled(const Core& core, const Job& job) {
  const auto sweeps = job.sweeps.items();
  return std::any_of(sweeps.begin(), sweeps.end(),
                     [&](SweepId id) { return !core.catalogue.find_sweep(id)->is_settled(); });
}

JobPhase waiting_phase(const Core& core, const StoredJob& stored, const Job& job) {
  const DependencyView view = view_dependencies(core.catalogue, job);
  const bool is_blocked = stored.state == JobState::blocked || !may_be_unsettled(core, job);
  if (view.obstacle && is_blocked) return Blocked{view.obstacle};
  return view.unmet > 0 ? JobPhase{Waiting{view.unmet}} : JobPhase{Ready{}};
}

JobPhase running_phase(const Core& core, const StoredJob& stored, const Job& job, Now now) {
  // A running job without an attempt would be a defect of the store; nobody runs it.
  if (!stored.attempt) return Ready{};
  auto attempt = std::make_unique<Attempt>();
  attempt->token = *stored.attempt;
  attempt->worker = stored.worker;
  attempt->deadline = now + std::chrono::milliseconds(core.settings.lease_ms);
  attempt->use.memory_bytes = memory_needed(core, core.catalogue.owner_of(job), job.needs);
  return Running{std::move(attempt)};
}

/// Dependencies have lower numbers than what needs them, so that theirs are known already.
JobPhase phase_of(const Core& core, const StoredJob& stored, const Job& job, Now now) {
  switch (stored.state) {
    case JobState::waiting:
    case JobState::blocked:
      return waiting_phase(core, stored, job);
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
    case JobState::paused:
      return Paused{stored.attempt};
    case JobState::cancelled:
      break;
  }
  return Cancelled{};
}

void fill(Job& job, Core& core, const StoredJob& stored) {
  if (stored.failures + stored.trainer_deaths + stored.workers_lost > 0) {
    job.edit_past().failures = static_cast<std::int16_t>(stored.failures);
    job.edit_past().trainer_deaths = static_cast<std::int16_t>(stored.trainer_deaths);
    job.edit_past().workers_lost = stored.workers_lost;
  }
  job.needs = core.needs.intern(stored.memory_bytes, stored.dataset);
  job.work = static_cast<float>(stored.work);
  for (const auto& artifact : stored.artifacts) job.set(artifact);
  if (!stored.artifacts.empty()) job.edit_past().best_top1 = stored.best_top1;
}

/// Reasons are kept by the store; of those that a sweep of a million jobs may have, the core needs none.
bool is_remarkable(const StoredJob& job) {
  return job.attempt || job.priority || job.state == JobState::failed || job.state == JobState::running;
}

}  // namespace

Restoration::Restoration(const CoordinatorSettings& settings, std::int64_t boot_epoch)
    : core_(std::make_unique<Core>()) {
  core_->settings = settings;
  core_->boot_epoch = boot_epoch;
}

Restoration::~Restoration() = default;
Restoration::Restoration(Restoration&&) noexcept = default;

void Restoration::expect_jobs(std::int64_t jobs) {
  core_->catalogue.reserve(static_cast<std::size_t>(jobs));
  states_.reserve(static_cast<std::size_t>(jobs));
}

void Restoration::take(StoredJob job) {
  fill(core_->catalogue.restore(job.key, job.id), *core_, job);
  if (job.superseded) core_->superseded[job.key] = *job.superseded;
  for (const auto& [role, on] : job.inputs) core_->catalogue.depend(job.key, {on, role});
  states_.resize(static_cast<std::size_t>(job.key.value));
  states_.back() = job.state;
  if (is_remarkable(job)) remarkable_.push_back(std::move(job));
}

void Restoration::take(StoredSweep stored) {
  Sweep sweep;
  sweep.id = stored.id;
  sweep.name = std::move(stored.name);
  sweep.submitted_at_ms = stored.submitted_at_ms;
  sweep.data = std::move(stored.data);
  sweep.priority = stored.priority;
  sweep.seeds = stored.seeds;
  sweep.max_attempts = stored.max_attempts;
  sweep.requirements = std::move(stored.requirements);
  sweep.cancelled = stored.cancelled;
  sweep.paused = stored.paused;
  sweep.full_plan = stored.full_plan;
  sweep.settling = std::move(stored.settling);
  sweep.retrying = stored.retrying;
  sweep.settled_early.insert(stored.settled_early.begin(), stored.settled_early.end());
  sweep.retried_early.insert(stored.retried_early.begin(), stored.retried_early.end());
  sweep.deleting = stored.deleting;
  if (sweep.deleting) core_->deleting.insert(sweep.id);
  Sweep& restored = core_->catalogue.restore_sweep(std::move(sweep));
  if (!restored.is_settled()) core_->unsettled.insert(restored.id);
  core_->ready.hold(restored.id, !restored.wants_work());
  for (const JobKey key : stored.jobs) core_->catalogue.link(key, restored);
}

void Restoration::take(StoredData data) {
  core_->data.restore(data.dataset, {std::move(data.state), data.retired});
}

void Restoration::number_sweeps_behind(SweepId last) { core_->catalogue.number_sweeps_behind(last); }

std::unique_ptr<Core> Restoration::finish(Now now) {
  auto remarkable = remarkable_.begin();
  for (JobKey key{1}; key <= core_->catalogue.last_key(); ++key.value) {
    Job* job = core_->catalogue.find(key);
    if (job == nullptr) continue;
    StoredJob plain;
    plain.key = key;
    plain.state = states_[static_cast<std::size_t>(key.value - 1)];
    const bool is_plain = remarkable == remarkable_.end() || remarkable->key != key;
    restore_phase(*job, is_plain ? plain : *remarkable++, now);
  }
  return std::move(core_);
}

/// Once it hangs together with its sweeps and its dependencies.
void Restoration::restore_phase(Job& job, const StoredJob& stored, Now now) {
  const JobState before = state_of(job.phase);
  job.phase = phase_of(*core_, stored, job, now);
  if (auto* blocked = std::get_if<Blocked>(&job.phase))
    blocked->obstacle = obstacles_.try_emplace(blocked->obstacle->by, blocked->obstacle).first->second;
  core_->catalogue.count(job, before, state_of(job.phase));
  if (stored.priority) core_->own_priority[stored.key] = *stored.priority;
  file_phase(*core_, stored.key);
  if (is_done(stored.state)) ++core_->done_before;
}

}  // namespace spin::core
