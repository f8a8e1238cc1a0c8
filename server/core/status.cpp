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

/// Jobs that are begun and not done, in the order of their numbers.
struct UnderWay {
  std::vector<JobKey> running;
  std::vector<JobKey> stopped;  ///< go on from where they were

  void add(const Core& core, JobKey key) {
    (running_attempt(core.catalogue.at(key)) != nullptr ? running : stopped).push_back(key);
  }
};

UnderWay under_way(const Core& core, const Sweep& sweep) {
  UnderWay found{running_jobs(core, sweep), {}};
  for (const auto& [key, share] : core.kept_shares) {
    const Job& job = core.catalogue.at(key);
    if (running_attempt(job) == nullptr && job.sweeps.contains(sweep.id)) found.stopped.push_back(key);
  }
  return found;
}

/// The same of all sweeps at once, at the cost of one.
std::map<SweepId, UnderWay> all_under_way(const Core& core) {
  std::map<SweepId, UnderWay> found;
  const auto add = [&](JobKey key) {
    for (const SweepId sweep : core.catalogue.at(key).sweeps.items()) found[sweep].add(core, key);
  };
  for (const auto& [token, key] : core.attempts) {
    const Attempt* attempt = running_attempt(core.catalogue.at(key));
    if (attempt != nullptr && attempt->token == token) add(key);
  }
  for (const auto& [key, share] : core.kept_shares)
    if (running_attempt(core.catalogue.at(key)) == nullptr) add(key);
  for (auto& [sweep, jobs] : found) std::sort(jobs.running.begin(), jobs.running.end());
  return found;
}

/// Work that is done of jobs that are not done.
struct Begun {
  double live = 0;    ///< of those that go on by themselves
  double paused = 0;  ///< of those that wait for a resume
  [[nodiscard]] double all() const { return live + paused; }
};

Begun begun_work(const Core& core, const UnderWay& jobs) {
  Begun begun;
  for (const auto* keys : {&jobs.running, &jobs.stopped})
    for (const JobKey key : *keys) {
      const Job& job = core.catalogue.at(key);
      (is_live(state_of(job.phase)) ? begun.live : begun.paused) +=
          job.work * share_of(core, key).value_or(0);
    }
  return begun;
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
  core.ready.find_of(sweep.id, [&](const ReadyQueue::Place& place, JobKey) {
    const std::string reason = why_not_running(core, place);
    if (hint.empty() || reason.empty()) hint = reason;
    return reason.empty();
  });
  return hint;
}

/// While what people asked of the sweep is on its way through its jobs.
std::string settling_text(const Sweep& sweep) {
  if (!sweep.settling && !sweep.retrying) return {};
  static constexpr const char* kNames[] = {"pause", "resume", "cancel"};
  const char* name = sweep.retrying ? "retry" : kNames[static_cast<std::size_t>(sweep.settling->kind)];
  const std::int64_t reached = sweep.retrying ? sweep.retrying->next : sweep.settling->next;
  return std::string("the ") + name + " holds, and has reached " + std::to_string(reached) + " of " +
         std::to_string(sweep.jobs.size()) + " jobs";
}

SweepStatus make_status(const Core& core, const Sweep& sweep, const UnderWay& jobs, Now now) {
  SweepStatus status;
  status.id = sweep.id;
  status.name = sweep.name;
  status.submitted_at_ms = sweep.submitted_at_ms;
  status.counts = sweep.counts;
  status.jobs_to_come = sweep.jobs_to_come();
  status.paused = sweep.paused;
  status.cancelled = sweep.cancelled;
  status.priority = sweep.priority;
  status.hint = sweep.is_settled() ? hint_of(core, sweep) : settling_text(sweep);
  for (const JobKey key : jobs.running) {
    const Job& job = core.catalogue.at(key);
    const Attempt& attempt = *running_attempt(job);
    status.running.push_back({job.id, {}, attempt.worker, attempt.progress, key.value});
  }
  const Begun begun = begun_work(core, jobs);
  status.work_done = sweep.work_done + begun.all();
  status.work_total = sweep.work_total;
  status.seconds_left = estimate_seconds(sweep, status.work_done, sweep.work_live - begun.live, now);
  return status;
}

}  // namespace

std::optional<double> share_done(const Attempt& attempt) {
  if (!attempt.progress) return std::nullopt;
  const auto& progress = *attempt.progress;
  if (progress.steps <= 0) return 0;
  return std::clamp(static_cast<double>(progress.step) / static_cast<double>(progress.steps), 0.0, 1.0);
}

std::optional<double> share_of(const Core& core, JobKey key) {
  const Attempt* attempt = running_attempt(core.catalogue.at(key));
  if (attempt != nullptr)
    if (const auto share = share_done(*attempt)) return share;
  const auto kept = core.kept_shares.find(key);
  return kept == core.kept_shares.end() ? std::nullopt : std::optional(kept->second);
}

SweepStatus make_status(const Core& core, const Sweep& sweep, Now now) {
  return make_status(core, sweep, under_way(core, sweep), now);
}

std::vector<SweepStatus> make_statuses(const Core& core, Now now) {
  const auto jobs = all_under_way(core);
  std::vector<SweepStatus> statuses;
  for (const auto& [id, sweep] : core.catalogue.sweeps()) {
    if (sweep.deleting) continue;
    const auto found = jobs.find(id);
    statuses.push_back(make_status(core, sweep, found == jobs.end() ? UnderWay() : found->second, now));
  }
  return statuses;
}

void note_progress(Step& step, const Job& job) {
  for (const SweepId id : job.sweeps.items()) {
    Sweep& sweep = *step.core.catalogue.find_sweep(id);
    if (sweep.rate_basis) continue;
    const Begun begun = begun_work(step.core, under_way(step.core, sweep));
    sweep.rate_basis = {step.now, sweep.work_done + begun.all()};
  }
}

}  // namespace spin::core
