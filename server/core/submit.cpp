#include "server/core/submit.h"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "server/core/dependencies.h"
#include "server/core/work.h"

namespace spin::core {
namespace {

/// What a plan promises; a plan from elsewhere than plan_sweep() may not keep it.
Status check_plan(const SweepPlan& plan) {
  const auto defect = [&](const std::string& what) {
    return Error{ErrorCode::invalid_argument, "sweep '" + plan.name + "': " + what};
  };
  if (plan.jobs.empty()) return defect("it has no jobs; exclude and limits leave nothing over");
  std::unordered_set<JobId> seen;
  seen.reserve(plan.jobs.size());
  for (const PlannedJob& job : plan.jobs) {
    if (job.cell < 0 || static_cast<std::size_t>(job.cell) >= plan.cells.size())
      return defect("job '" + job.name + "' stands in cell " + std::to_string(job.cell) + " of " +
                    std::to_string(plan.cells.size()));
    for (const JobId& dependency : job.depends_on)
      if (!seen.contains(dependency))
        return defect("job '" + job.name + "' depends on job " + dependency.short_hex() +
                      ", which does not stand before it");
    if (!seen.insert(job.id).second) return defect("job '" + job.name + "' is there twice");
  }
  return {};
}

bool has_jobs_of(const Catalogue& catalogue, const Sweep& sweep, const SweepPlan& plan) {
  if (sweep.jobs.size() != plan.jobs.size()) return false;
  return std::all_of(plan.jobs.begin(), plan.jobs.end(), [&](const PlannedJob& planned) {
    const auto key = catalogue.find(planned.id);
    return key && catalogue.at(*key).sweeps.contains(sweep.id);
  });
}

struct Namesakes {
  const Sweep* live = nullptr;  ///< the newest live sweep of the plan's name
  const Sweep* same = nullptr;  ///< the newest such of the plan's jobs
};

Namesakes find_namesakes(const Catalogue& catalogue, const SweepPlan& plan) {
  Namesakes found;
  for (const auto& [id, sweep] : catalogue.sweeps()) {
    if (sweep.name != plan.name || !sweep.is_live()) continue;
    found.live = &sweep;
    if (has_jobs_of(catalogue, sweep, plan)) found.same = &sweep;
  }
  return found;
}

JobKey add_job(Core& core, const SweepPlan& plan, const PlannedJob& planned) {
  Job job;
  job.id = planned.id;
  job.priority = plan.priority;
  job.max_attempts = plan.max_attempts;
  job.work = training_work(planned.config, plan.cells[static_cast<std::size_t>(planned.cell)].cost);
  const JobKey key = core.catalogue.add(std::move(job));
  for (const JobId& dependency : planned.depends_on)
    core.catalogue.depend(key, *core.catalogue.find(dependency));

  Job& added = core.catalogue.at(key);
  const DependencyView view = view_dependencies(core.catalogue, added);
  if (view.obstacle) {
    added.phase = Blocked{view.obstacle->by, view.obstacle->reason};
  } else if (view.unmet > 0) {
    added.phase = Waiting{view.unmet};
  } else {
    added.phase = Ready{};
  }
  file_phase(core, key);
  return key;
}

bool may_revive(const JobPhase& phase) {
  return std::holds_alternative<Failed>(phase) || std::holds_alternative<Blocked>(phase) ||
         std::holds_alternative<Cancelled>(phase);
}

void raise_to(Core& core, JobKey key, const SweepPlan& plan) {
  Job& job = core.catalogue.at(key);
  job.max_attempts = std::max(job.max_attempts, plan.max_attempts);
  if (plan.priority <= job.priority) return;
  const bool ready = std::holds_alternative<Ready>(job.phase);
  if (ready) core.ready.erase(job.priority, key);
  job.priority = plan.priority;
  if (ready) core.ready.insert(job.priority, key);
}

/// Links or makes the plan's jobs in its order, so that dependencies stand before what needs them.
std::int64_t take_jobs(Step& step, Sweep& sweep, InsertSweep& insert) {
  Catalogue& catalogue = step.core.catalogue;
  const SweepPlan& plan = *insert.plan;
  std::int64_t added = 0;
  insert.job_keys.reserve(plan.jobs.size());
  sweep.jobs.reserve(plan.jobs.size());
  for (const PlannedJob& planned : plan.jobs) {
    const auto known = catalogue.find(planned.id);
    const JobKey key = known ? *known : add_job(step.core, plan, planned);
    catalogue.link(key, sweep);
    insert.job_keys.push_back(key);
    insert.job_is_new.push_back(!known);
    const JobPhase& phase = catalogue.at(key).phase;
    if (known) {
      raise_to(step.core, key, plan);
      if (may_revive(phase)) revive(step, key);
      continue;
    }
    ++added;
    insert.job_states.push_back(state_of(phase));
    // The sweep's own change has no room for reasons.
    if (const std::string reason = reason_of(phase); !reason.empty())
      step.effects.changes.emplace_back(SetJobState{key, state_of(phase), reason, 0, 0, 0});
  }
  return added;
}

}  // namespace

void submit(Step& step, const SweepSubmitted& event) {
  Catalogue& catalogue = step.core.catalogue;
  const SweepPlan& plan = *event.plan;
  if (const Status sound = check_plan(plan); !sound.ok()) {
    refuse(step, event.request, sound.error());
    return;
  }
  const auto jobs = static_cast<std::int64_t>(plan.jobs.size());
  const Namesakes namesakes = find_namesakes(catalogue, plan);
  if (namesakes.same != nullptr) {
    step.effects.messages.emplace_back(SubmitAccepted{event.request, namesakes.same->id, jobs, 0});
    return;
  }
  if (namesakes.live != nullptr) {
    const Sweep& live = *namesakes.live;
    refuse(step, event.request,
           {ErrorCode::already_exists, "sweep " + std::to_string(live.id.value) + " is named '" + plan.name +
                                           "' and has " + std::to_string(live.counts.live()) +
                                           " jobs to go; cancel it, wait for it, or choose another name"});
    return;
  }

  Sweep& sweep = catalogue.add_sweep(plan.name, event.wall_ms);
  InsertSweep insert{sweep.id, event.plan, {}, {}, {}, event.source, event.overrides};
  const std::size_t place = step.effects.changes.size();
  step.effects.changes.emplace_back(InsertSweep{});  // before the changes of its jobs
  const std::int64_t added = take_jobs(step, sweep, insert);
  step.effects.changes[place] = std::move(insert);
  step.effects.messages.emplace_back(SubmitAccepted{event.request, sweep.id, jobs, added});
}

}  // namespace spin::core
