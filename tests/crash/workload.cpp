#include "tests/crash/workload.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/server/store/fixture.h"

namespace spin {

std::vector<core::Change> Workload::next() {
  if (sweeps_.empty()) return {submit(), attach("worker-0"), attach("worker-1"), attach("worker-2")};
  if (deleting_ && pick(3) == 0) return {delete_some()};
  std::vector<core::Change> changes;
  for (int left = 1 + pick(3); left > 0; --left) add_change(changes);
  return changes;
}

void Workload::add_change(std::vector<core::Change>& changes) {
  switch (pick(17)) {
    case 0:
      return changes.push_back(submit());
    case 1:
      return changes.push_back(attach(any_worker()));
    case 2:
      return steer(changes);
    case 3:
    case 4:
      return changes.push_back(set_any_state());
    case 5:
    case 6:
      return begin_attempt(changes);
    case 7:
      return changes.push_back(core::EndAttempt{{1, 1 + pick(50)}, any_job(), "lost", "no sign of life"});
    case 8:
    case 9:
      return changes.push_back(report_epoch());
    case 10:
      return changes.push_back(
          core::InsertArtifact{any_job(), any_artifact(ArtifactKind::checkpoint), pick(9)});
    case 11:
      return changes.push_back(core::ForgetArtifact{any_job(), ArtifactKind::checkpoint});
    case 12:
      return finish(changes);
    case 13:
      return changes.push_back(core::SetJobPriority{any_job(), pick(9)});
    case 14:
    case 15:
      return begin_deletion(changes);
    default:
      return changes.push_back(append_log());
  }
}

core::Change Workload::submit() {
  const auto number = std::to_string(++last_sweep_.value);
  const auto plan = make_plan("sweep", 1 + pick(2), 1 + pick(2), number + "/");
  auto change = insert_all(last_sweep_, plan, jobs_ + 1);
  jobs_ += std::ssize(plan->jobs);
  sweeps_[last_sweep_] = change.jobs.keys;
  return change;
}

SweepId Workload::any_sweep() {
  auto found = std::next(sweeps_.begin(), pick(static_cast<int>(std::ssize(sweeps_))));
  if (found->first == deleting_ && ++found == sweeps_.end()) found = sweeps_.begin();
  return found->first;
}

core::JobKey Workload::any_job() {
  const auto& jobs = sweeps_.at(any_sweep());
  return jobs[static_cast<std::size_t>(pick(static_cast<int>(std::ssize(jobs))))];
}

/// A sweep that is on its way to another state, where one of its jobs may be already.
void Workload::steer(std::vector<core::Change>& changes) {
  core::SetSweepState state{any_sweep(), pick(9), pick(2) == 0, pick(2) == 0};
  if (pick(2) == 0) state.settling = {core::Settlement::Kind::cancel, pick(3), "the sweep was replaced"};
  if (pick(2) == 0) state.retrying = {pick(2) == 0, pick(3)};
  const auto job = sweeps_.at(state.id).back();
  if (state.settling && early_.emplace(state.id, job).second)
    changes.push_back(core::ReachEarly{state.id, core::Pass::settling, job});
  changes.emplace_back(std::move(state));
}

void Workload::begin_deletion(std::vector<core::Change>& changes) {
  if (deleting_ || sweeps_.size() == 1) return changes.push_back(append_log());
  deleting_ = any_sweep();
  changes.push_back(core::ForgetEarly{*deleting_, core::Pass::settling});
  core::SetSweepState state{*deleting_, 0, true, false};
  state.deleting = true;
  changes.emplace_back(std::move(state));
}

core::Change Workload::delete_some() {
  auto& jobs = sweeps_.at(*deleting_);
  core::DeleteJobs change{*deleting_, 0, {}};
  for (int left = 1 + pick(2); left > 0 && !jobs.empty(); --left) {
    change.jobs.push_back(jobs.back());
    jobs.pop_back();
  }
  change.left = std::ssize(jobs);
  if (!change.jobs.empty()) return change;
  sweeps_.erase(*deleting_);
  return core::DeleteSweep{*std::exchange(deleting_, std::nullopt)};
}

void Workload::begin_attempt(std::vector<core::Change>& changes) {
  const auto job = any_job();
  changes.push_back(core::InsertAttempt{{1, ++attempts_}, job, any_worker()});
  changes.push_back(set_state(job.value, JobState::running));
}

void Workload::finish(std::vector<core::Change>& changes) {
  const auto job = any_job();
  if (!finished_.insert(job).second) return changes.push_back(set_any_state());
  const double top1 = pick(10'000) / 100.0;
  changes.push_back(core::InsertArtifact{job, any_artifact(ArtifactKind::model), 0});
  changes.push_back(core::InsertResult{job,
                                       {1, 1 + pick(50)},
                                       {Outcome::completed,
                                        {{Metric::top1, top1},
                                         {Metric::top5, 99},
                                         {Metric::params, pick(1000)},
                                         {Metric::flops, pick(1000)},
                                         {Metric::images_per_second, 300},
                                         {Metric::peak_bytes, pick(1000)},
                                         {Metric::seconds, 12.5}}}});
  changes.push_back(set_state(job.value, JobState::completed));
}

core::Change Workload::set_any_state() {
  return set_state(any_job().value, static_cast<JobState>(pick(10)),
                   std::string(static_cast<std::size_t>(pick(300)), 'r'));
}

core::Change Workload::report_epoch() {
  EpochMetrics metrics;
  metrics.epoch = 1 + pick(5);
  metrics.values.set(Metric::loss, pick(1000) / 7.0);
  metrics.values.set(Metric::images_per_second, pick(1000));
  return core::InsertEpoch{any_job(), {1, 1 + pick(50)}, metrics};
}

core::Change Workload::append_log() {
  core::AppendLog change{any_job(), {}};
  const int lines = 1 + pick(3);
  for (int i = 0; i < lines; ++i) {
    change.lines.push_back(std::to_string(pick(1000)) +
                           std::string(static_cast<std::size_t>(pick(3000)), 'x'));
  }
  return change;
}

ArtifactRef Workload::any_artifact(ArtifactKind kind) {
  const int content = pick(1000);
  return {artifact_id_of(std::to_string(content)), kind, content};
}

}  // namespace spin
