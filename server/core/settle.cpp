#include "server/core/settle.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

#include "server/core/deletion.h"
#include "server/core/dependencies.h"
#include "server/core/steer.h"

namespace spin::core {
namespace {

/// Of a piece, to each job that it may change: the others are only looked at.
constexpr std::int64_t kLooksAChange = 25;

void cancel_one(Step& step, JobKey key, const std::string& reason) {
  if (running_attempt(step.core.catalogue.at(key)) != nullptr) stop_running(step, key, reason);
  change(step, key, Cancel{}, reason);
}

/// Nobody has to be blocked: a sweep has all that its jobs depend on, so that what depends on a job that is
/// not needed is not needed either.
void cancel_or_hold(Step& step, const Sweep& sweep, JobKey key) {
  const Job& job = step.core.catalogue.at(key);
  if (!may_cancel(job)) return;
  if (!step.core.catalogue.is_needed(job))
    cancel_one(step, key,
               sweep.cancel_reason.empty() ? sweep.title() + " was cancelled" : sweep.cancel_reason);
  else
    pause_if_held(step, key);
}

void resume_if_free(Step& step, JobKey key) {
  const Job& job = step.core.catalogue.at(key);
  if (is_paused(job) && !step.core.catalogue.is_held(job)) resume(step, key);
}

void settle_one(Step& step, const Sweep& sweep, Settlement::Kind kind, JobKey key) {
  switch (kind) {
    case Settlement::Kind::pause:
      return pause_if_held(step, key);
    case Settlement::Kind::resume:
      return resume_if_free(step, key);
    case Settlement::Kind::cancel:
      return cancel_or_hold(step, sweep, key);
  }
}

/// A job that a cancel had not reached waits for others; those that stand before it are revived by now, or
/// stand in its way.
void retry_one(Step& step, bool failed_only, JobKey key) {
  const Job& job = step.core.catalogue.at(key);
  if (may_retry(job, failed_only)) return revive(step, key);
  if (!std::holds_alternative<Waiting>(job.phase)) return;
  const DependencyView view = view_dependencies(step.core.catalogue, job);
  if (view.obstacle) change(step, key, Block{view.obstacle}, view.obstacle->reason);
}

/// From `next` on, until about as many jobs as a piece has are changed. True once it is through.
template <class Do>
bool do_piece(Step& step, const Sweep& sweep, std::int64_t& next, const std::set<JobKey>& early,
              const Do& act_on) {
  const auto changes = static_cast<std::size_t>(step.core.settings.piece_jobs);
  const std::size_t first = step.effects.changes.size();
  std::int64_t looks = kLooksAChange * step.core.settings.piece_jobs;
  for (; next < std::ssize(sweep.jobs); ++next) {
    if (looks-- == 0 || step.effects.changes.size() - first >= changes) return false;
    const JobKey key = sweep.jobs[static_cast<std::size_t>(next)];
    if (!early.contains(key)) act_on(key);
  }
  return true;
}

void settle_piece(Step& step, Sweep& sweep) {
  if (sweep.retrying && do_piece(step, sweep, sweep.retrying->next, sweep.retried_early,
                                 [&](JobKey key) { retry_one(step, sweep.retrying->failed_only, key); }))
    sweep.retrying.reset();
  // One behind the other: what is revived stops where the sweep is paused.
  if (!sweep.retrying && sweep.settling &&
      do_piece(step, sweep, sweep.settling->next, sweep.settled_early,
               [&](JobKey key) { settle_one(step, sweep, sweep.settling->kind, key); }))
    sweep.settling.reset();
  if (!sweep.retrying) sweep.retried_early.clear();
  if (!sweep.settling) sweep.settled_early.clear();
  if (sweep.is_settled())
    step.core.unsettled.erase(sweep.id);
  else
    step.core.unsettled.insert(sweep.id);
  store_state(step, sweep);
}

bool comes_from(const Sweep& sweep, std::int64_t next, JobKey key) {
  return std::find(sweep.jobs.begin() + next, sweep.jobs.end(), key) != sweep.jobs.end();
}

struct Owed {
  bool retry = false, settle = false;
};
Owed owed_by(const Sweep& sweep, JobKey key) {
  return {.retry = sweep.retrying && !sweep.retried_early.contains(key) &&
                   comes_from(sweep, sweep.retrying->next, key),
          .settle = sweep.settling && !sweep.settled_early.contains(key) &&
                    comes_from(sweep, sweep.settling->next, key)};
}

}  // namespace

bool is_paused(const Job& job) { return std::holds_alternative<Paused>(job.phase); }

bool may_cancel(const Job& job) {
  const JobState state = state_of(job.phase);
  return is_live(state) || state == JobState::blocked || state == JobState::paused;
}

bool may_retry(const Job& job, bool failed_only) {
  return std::holds_alternative<Failed>(job.phase) ||
         (!failed_only && std::holds_alternative<Cancelled>(job.phase));
}

void begin_settling(Step& step, Sweep& sweep, Settlement::Kind kind, const std::string& reason) {
  sweep.settling = {kind, 0};
  sweep.cancel_reason = reason;
  sweep.settled_early.clear();
  if (kind == Settlement::Kind::cancel) sweep.retrying.reset();
  if (kind != Settlement::Kind::resume)
    for (const JobKey key : running_jobs(step.core, sweep)) settle_one(step, sweep, kind, key);
  settle_piece(step, sweep);
}

void begin_retry(Step& step, Sweep& sweep, bool failed_only) {
  const bool all = !failed_only || (sweep.retrying && !sweep.retrying->failed_only);
  sweep.retrying = Retrying{!all, 0};
  sweep.retried_early.clear();
  settle_piece(step, sweep);
}

void settle_on(Step& step) {
  if (!step.core.unsettled.empty())
    settle_piece(step, *step.core.catalogue.find_sweep(*step.core.unsettled.begin()));
  else
    delete_on(step);
}

void settle_job(Step& step, JobKey key) {
  if (step.core.unsettled.empty()) return;
  // Copied, because a job may be linked to more sweeps.
  const auto of_job = step.core.catalogue.at(key).sweeps.items();
  for (const SweepId id : std::vector<SweepId>(of_job.begin(), of_job.end())) {
    Sweep& sweep = *step.core.catalogue.find_sweep(id);
    const Owed owed = owed_by(sweep, key);
    if (owed.retry) {
      sweep.retried_early.insert(key);
      retry_one(step, sweep.retrying->failed_only, key);
    }
    if (owed.settle) {
      sweep.settled_early.insert(key);
      settle_one(step, sweep, sweep.settling->kind, key);
    }
  }
}

bool is_unsettled(const Core& core, JobKey key) {
  if (core.unsettled.empty()) return false;
  const auto of_job = core.catalogue.at(key).sweeps.items();
  return std::any_of(of_job.begin(), of_job.end(), [&](SweepId id) {
    const Owed owed = owed_by(*core.catalogue.find_sweep(id), key);
    return owed.retry || owed.settle;
  });
}

}  // namespace spin::core
