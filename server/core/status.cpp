#include "server/core/status.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "server/core/scheduler.h"

namespace spin::core {
namespace {

/// Share of a running job's work that is done, 0 to 1.
double share_done(const Attempt& attempt) {
  if (!attempt.progress || attempt.progress->steps <= 0) return 0;
  const auto& progress = *attempt.progress;
  return std::clamp(static_cast<double>(progress.step) / static_cast<double>(progress.steps), 0.0, 1.0);
}

/// Running jobs of the sweep in the order of their numbers; takes a look at every running job there is.
std::vector<JobKey> running_jobs(const Core& core, const Sweep& sweep) {
  std::vector<JobKey> keys;
  if (sweep.counts.running == 0) return keys;
  for (const auto& [token, key] : core.attempts) {
    const Job& job = core.catalogue.at(key);
    const Attempt* attempt = running_attempt(job);
    if (attempt != nullptr && attempt->token == token && job.sweeps.contains(sweep.id)) keys.push_back(key);
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

/// The same of all sweeps at once, at the cost of one.
std::map<SweepId, std::vector<JobKey>> all_running_jobs(const Core& core) {
  std::map<SweepId, std::vector<JobKey>> running;
  for (const auto& [token, key] : core.attempts) {
    const Job& job = core.catalogue.at(key);
    const Attempt* attempt = running_attempt(job);
    if (attempt == nullptr || attempt->token != token) continue;
    for (const SweepId sweep : job.sweeps.items()) running[sweep].push_back(key);
  }
  for (auto& [sweep, keys] : running) std::sort(keys.begin(), keys.end());
  return running;
}

double work_under_way(const Core& core, const std::vector<JobKey>& running) {
  double work = 0;
  for (const JobKey key : running) {
    const Job& job = core.catalogue.at(key);
    work += job.work * share_done(*running_attempt(job));
  }
  return work;
}

std::optional<double> estimate_seconds(const Sweep& sweep, double done, double left, Now now) {
  if (sweep.jobs_to_come() > 0) return std::nullopt;
  if (sweep.counts.live() == 0) return 0;
  if (!sweep.rate_basis) return std::nullopt;
  const double seconds = std::chrono::duration<double>(now - sweep.rate_basis->at).count();
  const double gained = done - sweep.rate_basis->work_done;
  if (seconds <= 0 || gained <= 0) return std::nullopt;
  return std::max(0.0, left) * seconds / gained;
}

/// The first reason, where every ready job has one.
std::string hint_of(const Core& core, const Sweep& sweep) {
  std::string hint;
  if (sweep.counts.ready == 0 || sweep.counts.running > 0) return hint;
  core.ready.find_of(sweep.id, [&](const ReadyQueue::Place&, JobKey key) {
    const std::string reason = why_not_running(core, key);
    if (hint.empty() || reason.empty()) hint = reason;
    return reason.empty();
  });
  return hint;
}

SweepStatus make_status(const Core& core, const Sweep& sweep, const std::vector<JobKey>& running, Now now) {
  SweepStatus status;
  status.id = sweep.id;
  status.name = sweep.name;
  status.submitted_at_ms = sweep.submitted_at_ms;
  status.counts = sweep.counts;
  status.jobs_to_come = sweep.jobs_to_come();
  status.paused = sweep.paused;
  status.priority = sweep.priority;
  status.hint = hint_of(core, sweep);
  for (const JobKey key : running) {
    const Job& job = core.catalogue.at(key);
    const Attempt& attempt = *running_attempt(job);
    status.running.push_back({job.id, {}, attempt.worker, attempt.progress, key.value});
  }
  const double under_way = work_under_way(core, running);
  status.work_done = sweep.work_done + under_way;
  status.work_total = sweep.work_total;
  status.seconds_left = estimate_seconds(sweep, status.work_done, sweep.work_live - under_way, now);
  return status;
}

}  // namespace

SweepStatus make_status(const Core& core, const Sweep& sweep, Now now) {
  return make_status(core, sweep, running_jobs(core, sweep), now);
}

std::vector<SweepStatus> make_statuses(const Core& core, Now now) {
  const auto running = all_running_jobs(core);
  std::vector<SweepStatus> statuses;
  for (const auto& [id, sweep] : core.catalogue.sweeps()) {
    const auto found = running.find(id);
    statuses.push_back(
        make_status(core, sweep, found == running.end() ? std::vector<JobKey>() : found->second, now));
  }
  return statuses;
}

void note_progress(Step& step, const Job& job) {
  for (const SweepId id : job.sweeps.items()) {
    Sweep& sweep = *step.core.catalogue.find_sweep(id);
    if (sweep.rate_basis) continue;
    const double under_way = work_under_way(step.core, running_jobs(step.core, sweep));
    sweep.rate_basis = {step.now, sweep.work_done + under_way};
  }
}

}  // namespace spin::core
