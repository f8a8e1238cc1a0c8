#include "server/core/settle.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "server/core/deletion.h"
#include "server/core/dependencies.h"
#include "server/core/steer.h"

namespace spin::core {
namespace {

/// Of a part, to each job that it may change: the others are only looked at.
constexpr std::int64_t kLooksAChange = 25;

void cancel_one(Step& step, JobKey key, const std::string& reason) {
  if (running_attempt(step.core.catalogue.at(key)) != nullptr) stop_running(step, key, reason);
  change(step, key, Cancel{}, reason);
}

/// Nobody has to be blocked: a sweep has all that its jobs depend on, so that what depends on a job that is
/// not needed is not needed either.
void cancel_or_hold(Step& step, JobKey key, const std::string& reason) {
  const Job& job = step.core.catalogue.at(key);
  if (!may_cancel(job)) return;
  if (!step.core.catalogue.is_needed(job))
    cancel_one(step, key, reason);
  else
    pause_if_held(step, key);
}

void resume_if_free(Step& step, JobKey key) {
  const Job& job = step.core.catalogue.at(key);
  if (is_paused(job) && !step.core.catalogue.is_held(job)) resume(step, key);
}

void settle_one(Step& step, const Settlement& settling, JobKey key) {
  switch (settling.kind) {
    case Settlement::Kind::pause:
      return pause_if_held(step, key);
    case Settlement::Kind::resume:
      return resume_if_free(step, key);
    case Settlement::Kind::cancel:
      return cancel_or_hold(step, key, settling.reason);
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

/// From `next` on, until about as many jobs as a part has are changed. True once it is through.
template <class Do>
bool do_part(Step& step, const Sweep& sweep, std::int64_t& next, const std::set<JobKey>& early,
             const Do& act_on) {
  const auto changes = static_cast<std::size_t>(step.core.settings.part_jobs);
  const std::size_t first = step.effects.changes.size();
  std::int64_t looks = kLooksAChange * step.core.settings.part_jobs;
  for (auto job = sweep.jobs.from(next); job != sweep.jobs.end(); ++job, ++next) {
    if (looks-- == 0 || step.effects.changes.size() - first >= changes) return false;
    if (!early.contains(*job)) act_on(*job);
  }
  return true;
}

std::set<JobKey>& early_of(Sweep& sweep, Pass pass) {
  return pass == Pass::settling ? sweep.settled_early : sweep.retried_early;
}

void reach_early(Step& step, Sweep& sweep, Pass pass, JobKey key) {
  early_of(sweep, pass).insert(key);
  step.effects.changes.emplace_back(ReachEarly{sweep.id, pass, key});
}

void forget_early(Step& step, Sweep& sweep, Pass pass) {
  auto& early = early_of(sweep, pass);
  if (early.empty()) return;
  early.clear();
  step.effects.changes.emplace_back(ForgetEarly{sweep.id, pass});
}

void settle_part(Step& step, Sweep& sweep) {
  if (sweep.retrying && do_part(step, sweep, sweep.retrying->next, sweep.retried_early,
                                [&](JobKey key) { retry_one(step, sweep.retrying->failed_only, key); }))
    sweep.retrying.reset();
  // One behind the other: what is revived stops where the sweep is paused.
  if (!sweep.retrying && sweep.settling &&
      do_part(step, sweep, sweep.settling->next, sweep.settled_early,
              [&](JobKey key) { settle_one(step, *sweep.settling, key); }))
    sweep.settling.reset();
  if (!sweep.retrying) forget_early(step, sweep, Pass::retrying);
  if (!sweep.settling) forget_early(step, sweep, Pass::settling);
  if (sweep.is_settled())
    step.core.unsettled.erase(sweep.id);
  else
    step.core.unsettled.insert(sweep.id);
  store_state(step, sweep);
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

void begin_settling(Step& step, Sweep& sweep, Settlement::Kind kind, std::string reason) {
  sweep.settling = {kind, 0, std::move(reason)};
  forget_early(step, sweep, Pass::settling);
  if (kind == Settlement::Kind::cancel) sweep.retrying.reset();
  if (kind != Settlement::Kind::resume)
    for (const JobKey key : running_jobs(step.core, sweep)) settle_one(step, *sweep.settling, key);
  // Whoever watches a sweep that goes on finds jobs that do; of one that stops the answer waits for none.
  if (kind == Settlement::Kind::resume || std::ssize(sweep.jobs) <= step.core.settings.part_jobs)
    return settle_part(step, sweep);
  step.core.unsettled.insert(sweep.id);
  store_state(step, sweep);
}

void begin_retry(Step& step, Sweep& sweep, bool failed_only) {
  const bool all = !failed_only || (sweep.retrying && !sweep.retrying->failed_only);
  sweep.retrying = Retrying{!all, 0};
  forget_early(step, sweep, Pass::retrying);
  settle_part(step, sweep);
}

void settle_on(Step& step) {
  if (!step.core.unsettled.empty())
    settle_part(step, *step.core.catalogue.find_sweep(*step.core.unsettled.begin()));
  else
    delete_on(step);
}

void settle_job(Step& step, JobKey key) {
  if (step.core.unsettled.empty()) return;
  settle_job(step, key, Unreached(step.core, {key}));
}

void settle_job(Step& step, JobKey key, const Unreached& unreached) {
  for (const auto& owed : unreached.of(key)) {
    Sweep& sweep = *step.core.catalogue.find_sweep(owed.sweep);
    if (owed.retry) {
      reach_early(step, sweep, Pass::retrying, key);
      retry_one(step, sweep.retrying->failed_only, key);
    }
    if (owed.settle) {
      reach_early(step, sweep, Pass::settling, key);
      settle_one(step, *sweep.settling, key);
    }
  }
}

}  // namespace spin::core
