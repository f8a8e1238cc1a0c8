#include "server/core/submit.h"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "schema/design/memory.h"
#include "server/core/dependencies.h"
#include "server/core/steer.h"
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

/// Sweeps of the plan's name that are not over.
struct Namesakes {
  std::vector<SweepId> all;
  const Sweep* same = nullptr;  ///< the newest with the plan's jobs
};

Namesakes find_namesakes(const Catalogue& catalogue, const SweepPlan& plan) {
  Namesakes found;
  for (const auto& [id, sweep] : catalogue.sweeps()) {
    if (sweep.name != plan.name || !sweep.keeps_name()) continue;
    found.all.push_back(id);
    if (has_jobs_of(catalogue, sweep, plan)) found.same = &sweep;
  }
  return found;
}

/// What the jobs of the plan's cells need: those of one cell differ in the seed alone.
class CellNeeds {
 public:
  struct Entry {
    std::int64_t memory_bytes = 0;  ///< predicted peak
    NeedsId needs{};
  };

  CellNeeds(NeedsTable& table, const SweepPlan& plan) : table_(table), cells_(plan.cells.size()) {}
  const Entry& of(const PlannedJob& job) {
    auto& entry = cells_[static_cast<std::size_t>(job.cell)];
    if (!entry) {
      const std::int64_t memory_bytes = training_memory(job.config).total();
      entry = {memory_bytes, table_.intern(memory_bytes, job.config.dataset.name)};
    }
    return *entry;
  }

 private:
  NeedsTable& table_;
  std::vector<std::optional<Entry>> cells_;
};

JobKey add_job(Core& core, const SweepPlan& plan, const PlannedJob& planned, NeedsId needs) {
  Job job;
  job.id = planned.id;
  job.needs = needs;
  job.work = static_cast<float>(
      training_work(planned.config, plan.cells[static_cast<std::size_t>(planned.cell)].cost));
  const JobKey key = core.catalogue.add(std::move(job));
  for (const JobId& dependency : planned.depends_on)
    core.catalogue.depend(key, *core.catalogue.find(dependency));

  Job& added = core.catalogue.at(key);
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
void take_known(Step& step, Sweep& sweep, JobKey key) {
  leave_places(step.core, {&key, 1});
  step.core.catalogue.link(key, sweep);
  take_places(step.core, {&key, 1});
  const JobPhase& phase = step.core.catalogue.at(key).phase;
  if (std::holds_alternative<Paused>(phase)) {
    resume(step, key);
  } else if (std::holds_alternative<Failed>(phase) || std::holds_alternative<Blocked>(phase) ||
             std::holds_alternative<Cancelled>(phase)) {
    revive(step, key);
  }
}

JobKey take_new(Step& step, Sweep& sweep, InsertSweep& insert, const PlannedJob& planned,
                const CellNeeds::Entry& needs) {
  const JobKey key = add_job(step.core, *insert.plan, planned, needs.needs);
  step.core.catalogue.link(key, sweep);
  file_phase(step.core, key);
  const JobPhase& phase = step.core.catalogue.at(key).phase;
  insert.job_states.push_back(state_of(phase));
  insert.job_memory.push_back(needs.memory_bytes);
  // The sweep's own change has no room for reasons.
  if (const std::string reason = reason_of(phase); !reason.empty())
    step.effects.changes.emplace_back(SetJobState{key, state_of(phase), reason, 0, 0, 0});
  return key;
}

/// Links or makes the plan's jobs in its order, so that dependencies stand before what needs them.
void take_jobs(Step& step, Sweep& sweep, InsertSweep& insert) {
  const SweepPlan& plan = *insert.plan;
  CellNeeds needs(step.core.needs, plan);
  insert.job_keys.reserve(plan.jobs.size());
  sweep.jobs.reserve(plan.jobs.size());
  for (const PlannedJob& planned : plan.jobs) {
    const auto known = step.core.catalogue.find(planned.id);
    insert.job_is_new.push_back(!known);
    if (known) take_known(step, sweep, *known);
    insert.job_keys.push_back(known ? *known : take_new(step, sweep, insert, planned, needs.of(planned)));
  }
}

Sweep make_sweep(const SweepSubmitted& event) {
  Sweep sweep;
  sweep.name = event.plan->name;
  sweep.submitted_at_ms = event.wall_ms;
  sweep.priority = event.plan->priority;
  sweep.max_attempts = event.plan->max_attempts;
  sweep.requirements = event.plan->requirements;
  return sweep;
}

Error name_is_taken(const Sweep& by) {
  return {ErrorCode::already_exists,
          "sweep " + std::to_string(by.id.value) + " is named '" + by.name + "' and has " +
              std::to_string(by.counts.live() + by.counts.paused) +
              " jobs to go; take its place with --replace, cancel it, wait for it, or choose another name"};
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
  if (!namesakes.all.empty() && !event.replace) {
    refuse(step, event.request, name_is_taken(*catalogue.find_sweep(namesakes.all.back())));
    return;
  }

  Sweep& sweep = catalogue.add_sweep(make_sweep(event));
  InsertSweep insert{sweep.id, event.plan, {}, {}, {}, {}, event.source, event.overrides};
  const std::size_t place = step.effects.changes.size();
  step.effects.changes.emplace_back(InsertSweep{});  // before the changes of its jobs
  take_jobs(step, sweep, insert);
  const auto added = static_cast<std::int64_t>(insert.job_states.size());
  step.effects.changes[place] = std::move(insert);
  for (const SweepId replaced : namesakes.all)
    withdraw(step, *catalogue.find_sweep(replaced), sweep.title() + " has taken its place");
  step.effects.messages.emplace_back(SubmitAccepted{event.request, sweep.id, jobs, added});
}

}  // namespace spin::core
