#include "server/core/known_jobs.h"

#include <algorithm>

#include "schema/design/names.h"
#include "server/core/dependencies.h"
#include "server/core/retention.h"
#include "server/core/settle.h"
#include "server/core/steer.h"

namespace spin::core {
namespace {

constexpr const char* kReason = "a job on which it depends is trained anew";

const std::string* find_root(const std::vector<DataPlace>& places, const std::string& dataset) {
  const auto found = std::find_if(places.begin(), places.end(),
                                  [&](const DataPlace& place) { return place.dataset == dataset; });
  return found == places.end() ? nullptr : &found->root;
}

std::string place_of(const std::string& root) {
  return root.empty() ? "where it usually lies" : "in " + root;
}

/// No attempt that began until now may bring the next result.
void bar_attempts(Step& step, JobKey key) {
  step.core.superseded[key] = {step.core.boot_epoch, step.core.next_sequence - 1};
}

void forget_artifacts(Step& step, JobKey key) {
  for (const auto& [kind, name] : enum_names<ArtifactKind>()) forget_artifact(step, key, kind);
}

void restart(Step& step, JobKey key) {
  Job& job = step.core.catalogue.at(key);
  forget_artifacts(step, key);
  job.forgive_failures();
  change(step, key, Restart{view_dependencies(step.core.catalogue, job).unmet});
  pause_if_held(step, key);
}

/// What it has begun, it began from a model that is no more.
void wait_again(Step& step, JobKey key) {
  settle_job(step, key);
  const JobPhase& phase = step.core.catalogue.at(key).phase;
  if (is_done(state_of(phase)) || std::holds_alternative<Blocked>(phase)) return;
  bar_attempts(step, key);
  if (!is_live(state_of(phase))) return forget_artifacts(step, key);
  if (std::holds_alternative<Running>(phase)) stop_running(step, key, kReason);
  restart(step, key);
}

void retrain(Step& step, JobKey key) {
  bar_attempts(step, key);
  step.effects.changes.emplace_back(SupersedeResult{key, step.core.superseded.at(key)});
  --step.core.done_before;
  restart(step, key);
  unblock_dependants(step, key);
  const auto dependants = step.core.catalogue.at(key).more().dependants.items();
  for (const JobKey dependant : std::vector<JobKey>(dependants.begin(), dependants.end()))
    wait_again(step, dependant);
}

}  // namespace

void KnownJobs::see(const Core& core, const Job& job, const Sweep& sweep) {
  const auto sweeps = job.sweeps.items();
  if (is_done(state_of(job.phase)) || sweeps.empty()) return;
  const std::string& dataset = core.needs.at(job.needs).dataset;
  const Sweep* newest = core.catalogue.find_sweep(*std::max_element(sweeps.begin(), sweeps.end()));
  const std::string* before = find_root(newest->data, dataset);
  const std::string* now = find_root(sweep.data, dataset);
  if (before != nullptr && now != nullptr && *before != *now) ++moved_[{dataset, *before, *now}];
}

std::vector<std::string> KnownJobs::notes() const {
  std::vector<std::string> notes;
  for (const auto& [move, jobs] : moved_) {
    const auto& [dataset, before, now] = move;
    notes.push_back(std::to_string(jobs) + " unfinished jobs that earlier sweeps have too read " + dataset +
                    ' ' + place_of(now) + " from now on, and no longer " + place_of(before));
  }
  return notes;
}

std::vector<std::string> move_data(Step& step, Sweep& sweep, const std::vector<DataPlace>& data) {
  if (sweep.data == data) return {};
  std::vector<std::string> notes;
  for (const auto& [dataset, now] : data)
    if (const auto* before = find_root(sweep.data, dataset); before != nullptr && *before != now)
      notes.push_back(sweep.title() + " reads " + dataset + ' ' + place_of(now) +
                      " from now on, and no longer " + place_of(*before));
  sweep.data = data;
  step.effects.changes.emplace_back(SetSweepData{sweep.id, data});
  return notes;
}

void retire_data(Step& step, const SweepSubmitted& event) {
  if (event.retrain == nullptr) return;
  for (const auto& [dataset, state] : event.data) {
    step.core.data.retire_others(dataset, state.fingerprint);
    step.effects.changes.emplace_back(RetireData{dataset, state.fingerprint});
  }
}

bool retrain_if_asked(Step& step, JobKey key, const RetrainJobs* asked) {
  const Job& job = step.core.catalogue.at(key);
  const bool is_asked = asked != nullptr && is_done(state_of(job.phase)) &&
                        (asked->has(job.id) || view_dependencies(step.core.catalogue, job).unmet > 0);
  if (is_asked) retrain(step, key);
  return is_asked;
}

std::int64_t retrain_jobs(Step& step, Sweep& sweep, const std::shared_ptr<const RetrainJobs>& asked) {
  std::int64_t retrained = 0;
  for (const JobKey key : sweep.jobs)
    if (retrain_if_asked(step, key, asked.get())) ++retrained;
  if (sweep.full_plan) sweep.retrain = asked;
  return retrained;
}

}  // namespace spin::core
