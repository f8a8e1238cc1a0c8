#include "server/core/submit.h"

#include <iterator>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "server/core/dependencies.h"
#include "server/core/known_jobs.h"
#include "server/core/settle.h"
#include "server/core/steer.h"

namespace spin::core {
namespace {

bool has_cell_of(const PlanPart& part, const PartJob& job) {
  const int index = job.cell - part.first_cell;
  return index >= 0 && index < std::ssize(part.cells);
}

/// What a plan promises; a plan from elsewhere than the expansion of a sweep file may not keep it. `sweep`:
/// the one that the part is to extend, or null.
Status check_part(const Catalogue& catalogue, const PlanPart& part, const std::string& name, int seeds,
                  const Sweep* sweep) {
  const auto defect = [&](const std::string& what) {
    return Error{ErrorCode::invalid_argument, "sweep '" + name + "': " + what};
  };
  const auto has = [&](const JobId& id) {
    const auto key = sweep == nullptr ? std::nullopt : catalogue.find(id);
    return key && catalogue.at(*key).sweeps.contains(sweep->id);
  };
  if (part.jobs.empty() && sweep != nullptr && !part.comparisons.empty()) return {};
  if (part.jobs.empty()) return defect("it has no jobs; exclude and limits leave nothing over");
  std::unordered_set<JobId> seen;
  seen.reserve(part.jobs.size());
  std::int64_t position = part.first_job;
  for (const PartJob& job : part.jobs) {
    if (!has_cell_of(part, job) || job.cell != position / seeds)
      return defect("job " + job.id.short_hex() + " at position " + std::to_string(position) +
                    " stands in cell " + std::to_string(job.cell) + " of " +
                    std::to_string(part.cells.size()) + " with " + std::to_string(seeds) + " jobs each");
    for (const auto& [role, dependency] : job.inputs)
      if (!seen.contains(dependency) && !has(dependency))
        return defect("job '" + part.name_of(job) + "' depends on job " + dependency.short_hex() +
                      ", which does not stand before it");
    if (!seen.insert(job.id).second || has(job.id))
      return defect("job '" + part.name_of(job) + "' is there twice");
    ++position;
  }
  return {};
}

PlanDigest digest_of(const PlanPart& plan) {
  PlanDigest digest;
  for (const PartJob& job : plan.jobs) digest.add(job.id);
  return digest;
}

/// Sweeps of the plan's name that are not over.
struct Namesakes {
  std::vector<SweepId> all;
  const Sweep* same = nullptr;  ///< the newest with the plan's jobs
};

Namesakes find_namesakes(const Catalogue& catalogue, const std::string& name, const PlanDigest& full_plan) {
  Namesakes found;
  for (const auto& [id, sweep] : catalogue.sweeps()) {
    if (sweep.name != name || !sweep.keeps_name()) continue;
    found.all.push_back(id);
    if (sweep.plan_digest() == full_plan) found.same = &sweep;
  }
  return found;
}

JobKey add_job(Core& core, const PlanPart& part, const PartJob& planned) {
  const JobKey key = core.catalogue.add(planned.id);
  Job& added = core.catalogue.at(key);
  const Demand& demand = part.cell_of(planned).demand;
  added.needs = core.needs.intern(demand.memory_bytes, demand.dataset);
  added.work = static_cast<float>(demand.work);
  for (const auto& [role, source] : planned.inputs)
    core.catalogue.depend(key, {*core.catalogue.find(source), role});

  const DependencyView view = view_dependencies(core.catalogue, added);
  if (view.obstacle) {
    added.phase = Blocked{view.obstacle};
  } else if (view.unmet > 0) {
    added.phase = Waiting{view.unmet};
  } else {
    added.phase = Ready{};
  }
  return key;
}

/// The sweep needs a job that is there: whatever kept it from running for others ends.
void take_known(Step& step, Sweep& sweep, const Unreached& unreached, JobKey key, KnownJobs& known) {
  settle_job(step, key, unreached);
  leave_places(step.core, {&key, 1});
  step.core.catalogue.link(key, sweep);
  take_places(step.core, {&key, 1});
  const JobPhase& phase = step.core.catalogue.at(key).phase;
  if (is_done(state_of(phase))) {
    known.count_retrained(retrain_if_asked(step, key, sweep.retrain.get()));
  } else if (std::holds_alternative<Paused>(phase)) {
    resume(step, key);
  } else if (std::holds_alternative<Failed>(phase) || std::holds_alternative<Blocked>(phase) ||
             std::holds_alternative<Cancelled>(phase)) {
    revive(step, key);
  }
}

JobKey take_new(Step& step, Sweep& sweep, const PlanPart& part, const PartJob& planned, TakenJobs& taken) {
  const JobKey key = add_job(step.core, part, planned);
  step.core.catalogue.link(key, sweep);
  file_phase(step.core, key);
  const JobPhase& phase = step.core.catalogue.at(key).phase;
  for (const Dependency& needed : step.core.catalogue.at(key).more().depends_on.items())
    taken.inputs.emplace_back(key, StoredInput{needed.role(), needed.on()});
  if (std::holds_alternative<Blocked>(phase))
    step.effects.changes.emplace_back(SetJobState{key, JobState::blocked, reason_of(phase), 0, 0, 0});
  return key;
}

std::vector<JobKey> keys_of_known(const Catalogue& catalogue, const PlanPart& part) {
  std::vector<JobKey> keys;
  for (const PartJob& planned : part.jobs)
    if (const auto known = catalogue.find(planned.id)) keys.push_back(*known);
  return keys;
}

/// Links or makes the part's jobs in its order, so that dependencies stand before what needs them.
TakenJobs take_jobs(Step& step, Sweep& sweep, const PlanPart& part, KnownJobs& known_jobs) {
  TakenJobs taken;
  // One for all, because it walks through every sweep of theirs that is not settled.
  const Unreached unreached(step.core, keys_of_known(step.core.catalogue, part));
  taken.keys.reserve(part.jobs.size());
  for (const PartJob& planned : part.jobs) {
    const auto known = step.core.catalogue.find(planned.id);
    taken.is_new.push_back(!known);
    if (known) known_jobs.see(step.core, step.core.catalogue.at(*known), sweep);
    if (known) take_known(step, sweep, unreached, *known, known_jobs);
    taken.keys.push_back(known ? *known : take_new(step, sweep, part, planned, taken));
  }
  return taken;
}

/// Puts `change` with the jobs that it takes before the changes of those jobs. How many of them are new.
template <class SweepChange>
std::int64_t take(Step& step, Sweep& sweep, const PlanPart& part, SweepChange change, KnownJobs& known) {
  const std::size_t place = step.effects.changes.size();
  step.effects.changes.emplace_back(SweepChange{});
  change.jobs = take_jobs(step, sweep, part, known);
  const auto added = std::ranges::count(change.jobs.is_new, true);
  step.effects.changes[place] = std::move(change);
  return added;
}

Sweep make_sweep(const SweepSubmitted& event) {
  Sweep sweep;
  sweep.name = event.plan->name;
  sweep.submitted_at_ms = event.wall_ms;
  sweep.data = event.plan->data;
  sweep.priority = event.plan->priority;
  sweep.seeds = event.plan->seeds;
  sweep.max_attempts = event.plan->max_attempts;
  sweep.requirements = event.plan->requirements;
  sweep.retrain = event.retrain;
  return sweep;
}

Error name_is_taken(const Sweep& by) {
  return {ErrorCode::already_exists,
          "sweep " + std::to_string(by.id.value) + " is named '" + by.name + "' and has " +
              std::to_string(by.counts.live() + by.counts.paused + by.jobs_to_come()) +
              " jobs to go; take its place with --replace, cancel it, wait for it, or choose another name"};
}

/// Once all jobs of the sweep are there, so that those of both go on.
std::vector<ReplacedSweep> take_places_of_namesakes(Step& step, const Sweep& sweep) {
  std::vector<ReplacedSweep> replaced;
  for (const auto& [id, other] : step.core.catalogue.sweeps())
    if (id < sweep.id && other.name == sweep.name && other.keeps_name())
      replaced.push_back({id, cancel_sweep(step, *step.core.catalogue.find_sweep(id),
                                           sweep.title() + " has taken its place")});
  return replaced;
}

/// A sweep that is to take the place of this one once it is complete does so no more.
void cancel_replacements_of(Step& step, const Sweep& sweep) {
  for (const auto& [id, other] : step.core.catalogue.sweeps())
    if (id > sweep.id && other.name == sweep.name && other.jobs_to_come() > 0)
      cancel_sweep(step, *step.core.catalogue.find_sweep(id), sweep.title() + " was asked for again");
}

/// Whether the part is what the sweep is to get next.
Status check_next_part(const Catalogue& catalogue, const Sweep& sweep, const PlanPart& part) {
  if (!sweep.full_plan || sweep.cancelled)
    return out_of_turn(sweep.title() + (sweep.cancelled ? " was cancelled while its jobs were being stored"
                                                        : " has all its jobs"));
  const auto first = std::ssize(sweep.jobs);
  const auto last = first + std::ssize(part.jobs);
  if (part.first_job != first || last > sweep.full_plan->jobs)
    return Error{ErrorCode::invalid_argument,
                 sweep.title() + " has " + std::to_string(first) + " of " +
                     std::to_string(sweep.full_plan->jobs) + " jobs; those from " +
                     std::to_string(part.first_job) + " to " +
                     std::to_string(part.first_job + std::ssize(part.jobs)) + " do not come next"};
  PlanDigest digest = sweep.digest;
  for (const PartJob& job : part.jobs) digest.add(job.id);
  if (last == sweep.full_plan->jobs && digest != *sweep.full_plan)
    return Error{ErrorCode::invalid_argument,
                 sweep.title() + " would have other jobs than those that were planned"};
  return check_part(catalogue, part, sweep.name, sweep.seeds, &sweep);
}

}  // namespace

void submit(Step& step, const SweepSubmitted& event) {
  Catalogue& catalogue = step.core.catalogue;
  const FirstPart& plan = *event.plan;
  if (const Status sound = check_part(catalogue, plan, plan.name, plan.seeds, nullptr); !sound.ok())
    return refuse(step, event.request, sound.error());
  const PlanDigest full_plan = event.full_plan ? *event.full_plan : digest_of(plan);
  const Namesakes namesakes = find_namesakes(catalogue, plan.name, full_plan);
  if (namesakes.same != nullptr) {
    if (event.replace) cancel_replacements_of(step, *namesakes.same);
    SubmitAccepted known{event.request, namesakes.same->id, full_plan.jobs, 0, true};
    Sweep& same = *catalogue.find_sweep(namesakes.same->id);
    known.notes = move_data(step, same, plan.data);
    retire_data(step, event);
    known.retrained = retrain_jobs(step, same, event.retrain);
    step.effects.messages.emplace_back(std::move(known));
    return;
  }
  if (!namesakes.all.empty() && !event.replace)
    return refuse(step, event.request, name_is_taken(*catalogue.find_sweep(namesakes.all.back())));

  Sweep& sweep = catalogue.add_sweep(make_sweep(event));
  retire_data(step, event);
  if (full_plan.jobs > std::ssize(plan.jobs)) sweep.full_plan = full_plan;
  KnownJobs known;
  const std::int64_t added =
      take(step, sweep, plan,
           InsertSweep{sweep.id, event.plan, {}, event.source, event.overrides, sweep.full_plan}, known);
  auto replaced = sweep.full_plan ? std::vector<ReplacedSweep>() : take_places_of_namesakes(step, sweep);
  step.effects.messages.emplace_back(SubmitAccepted{event.request, sweep.id, std::ssize(plan.jobs), added,
                                                    false, std::move(replaced), known.notes(),
                                                    known.retrained()});
  if (!sweep.full_plan) sweep.retrain.reset();
}

void extend(Step& step, const SweepExtended& event) {
  Catalogue& catalogue = step.core.catalogue;
  const PlanPart& part = *event.part;
  Sweep* sweep = catalogue.find_sweep(event.sweep);
  if (sweep == nullptr)
    return refuse(step, event.request,
                  {ErrorCode::not_found, "there is no sweep " + std::to_string(event.sweep.value)});
  if (const Status sound = check_next_part(catalogue, *sweep, part); !sound.ok())
    return refuse(step, event.request, sound.error());

  KnownJobs known;
  const std::int64_t added = take(step, *sweep, part, ExtendSweep{sweep->id, event.part, {}}, known);
  std::vector<ReplacedSweep> replaced;
  if (sweep->full_plan->jobs == std::ssize(sweep->jobs)) {
    sweep->full_plan.reset();
    store_state(step, *sweep);
    replaced = take_places_of_namesakes(step, *sweep);
  }
  if (sweep->paused)
    for (const PartJob& job : part.jobs) pause_if_held(step, *catalogue.find(job.id));
  step.effects.messages.emplace_back(SubmitAccepted{event.request, sweep->id, std::ssize(sweep->jobs), added,
                                                    false, std::move(replaced), known.notes(),
                                                    known.retrained()});
  if (!sweep->full_plan) sweep->retrain.reset();
}

}  // namespace spin::core
