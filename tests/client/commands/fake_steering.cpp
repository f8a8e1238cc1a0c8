#include <algorithm>
#include <map>

#include "tests/client/commands/fake_coordinator.h"
#include "tests/client/commands/states.h"

// What people do to sweeps and jobs.

namespace spin::cli {
namespace {

bool is_over(JobState state) {
  return state == JobState::completed || state == JobState::diverged || state == JobState::failed ||
         state == JobState::cancelled;
}

/// What the coordinator says of an action that would change nothing.
Error out_of_turn(const std::string& target, const char* state) {
  return {ErrorCode::failed_precondition, "'" + target + "' is " + state + " already"};
}

}  // namespace

/// True where the action changed the job.
struct FakeCoordinator::Steering {
  Job& job;

  bool operator()(const steer::Cancel& /*action*/) const {
    return move(!is_over(state()), JobState::cancelled);
  }
  bool operator()(const steer::Pause& /*action*/) const { return move(is_live(state()), JobState::paused); }
  bool operator()(const steer::Resume& /*action*/) const {
    return move(state() == JobState::paused, JobState::ready);
  }
  bool operator()(const steer::Retry& action) const {
    const bool is_cancelled = state() == JobState::cancelled && !action.failed_only;
    const bool may = state() == JobState::failed || is_cancelled;
    if (may) job.row.reason.clear();
    return move(may, JobState::ready);
  }
  bool operator()(const steer::Delete& /*action*/) const { return is_over(state()); }
  bool operator()(const steer::SetPriority& action) const {
    if (is_over(state())) return false;
    job.row.priority = action.priority;
    return true;
  }

 private:
  [[nodiscard]] JobState state() const { return job.row.state; }
  [[nodiscard]] bool move(bool may, JobState to) const {
    if (may) job.row.state = to;
    return may;
  }
};

Result<std::int64_t> FakeCoordinator::steer(const std::string& target, const steer::Action& action) {
  const std::lock_guard lock(mutex_);
  std::vector<Job*> jobs;
  const auto found = find(target);
  if (found.ok()) {
    if (std::holds_alternative<steer::Pause>(action) && (*found)->paused)
      return out_of_turn(target, "paused");
    for (auto& job : (*found)->jobs) jobs.push_back(&job);
  } else {
    SPIN_ASSIGN(Job * job, find_job(target));
    jobs.push_back(job);
  }
  const auto changed =
      std::count_if(jobs.begin(), jobs.end(), [&](Job* job) { return std::visit(Steering{*job}, action); });
  if (changed == 0) return out_of_turn(target, "past that");
  if (found.ok()) mark(**found, action);
  ++version_;
  bell_.ring();
  return changed;
}

void FakeCoordinator::mark(Sweep& sweep, const steer::Action& action) {
  if (std::holds_alternative<steer::Pause>(action)) sweep.paused = true;
  if (std::holds_alternative<steer::Resume>(action)) sweep.paused = false;
  if (const auto* set = std::get_if<steer::SetPriority>(&action)) sweep.priority = set->priority;
}

/// The plan's jobs, as they stand in a live sweep of the same name where that has them; what only that one
/// has ends.
Result<std::vector<FakeCoordinator::Job>> FakeCoordinator::take_over(const SweepPlan& plan, bool replace,
                                                                     Submitted* reply) {
  std::map<JobId, Job*> known;
  if (const auto namesake = find(plan.name); namesake.ok() && status_of(**namesake).counts.live() > 0) {
    if (!replace)
      return Error{ErrorCode::already_exists,
                   "a sweep named '" + plan.name + "' has jobs to go; --replace takes its place"};
    for (auto& job : (*namesake)->jobs) known.emplace(job.row.id, &job);
  }
  const bool takes_place = !known.empty();
  std::vector<Job> jobs;
  for (const auto& planned : plan.jobs) {
    const auto found = known.extract(planned.id);
    Job job = found ? *found.mapped() : Job{};
    if (!found) {
      job.row.state = JobState::ready;
      ++reply->jobs_new;
    }
    job.row.id = planned.id;
    job.row.name = plan.name_of(planned);
    job.cell = static_cast<std::size_t>(planned.cell);
    job.row.params = plan.cells[job.cell].cost.params;
    job.row.flops = plan.cells[job.cell].cost.flops;
    jobs.push_back(job);
  }
  for (const auto& [id, job] : known) Steering{*job}(steer::Cancel{});
  if (takes_place)
    reply->replaced.push_back(
        {SweepId{static_cast<std::int64_t>(sweeps_.size())}, static_cast<std::int64_t>(known.size())});
  return jobs;
}

Result<Submitted> FakeCoordinator::submit(const SweepFile& file, const SubmissionOptions& options,
                                          const std::function<bool(const SubmitProgress&)>& /*progress*/) {
  wait_for_release();
  SPIN_ASSIGN(const SweepPlan plan, plan_sweep(file.file, file.text, file.overrides));
  const std::lock_guard lock(mutex_);
  submission_ = options;
  Submitted reply{SweepId{static_cast<std::int64_t>(sweeps_.size()) + 1}, plan.name,
                  static_cast<std::int64_t>(plan.jobs.size()), 0};
  SPIN_ASSIGN(auto jobs, take_over(plan, options.replace, &reply));
  sweeps_.push_back({reply.sweep, plan.name, plan.cells, std::move(jobs)});
  ++version_;
  bell_.ring();
  return reply;
}

SubmissionOptions FakeCoordinator::submission() const {
  const std::lock_guard lock(mutex_);
  return submission_;
}

}  // namespace spin::cli
