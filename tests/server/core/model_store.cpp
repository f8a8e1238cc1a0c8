#include "tests/server/core/model_store.h"

#include <algorithm>
#include <iterator>

#include <gtest/gtest.h>

#include "server/core/restoration.h"
#include "tests/server/core/plans.h"

namespace spin::core {
namespace {

/// Whether there was one.
bool forget(StoredJob& job, ArtifactKind kind) {
  return std::erase_if(job.artifacts, [&](const ArtifactRef& artifact) { return artifact.kind == kind; }) > 0;
}

}  // namespace

void ModelStore::apply(const std::vector<Change>& changes) {
  for (const Change& change : changes) apply_one(change);
  check();
}

void ModelStore::apply_one(const Change& change) {
  std::visit([this](const auto& kind) { write(kind); }, change);
}

void ModelStore::check() const {
  std::set<JobKey> running;
  for (const auto& [token, attempt] : attempts_)
    if (attempt.state == "running") {
      EXPECT_TRUE(running.insert(attempt.job).second) << "two attempts run job " << attempt.job.value;
    }
  for (const auto& [key, row] : jobs_) {
    if (row.job.state == JobState::waiting || row.job.state == JobState::ready) {
      EXPECT_EQ(row.job.state, state_by_inputs(row.job)) << "the store keeps no row for job " << key.value;
    }
    const bool done = row.job.state == JobState::completed || row.job.state == JobState::diverged;
    if ((row.job.state == JobState::running) != running.contains(key) || done != row.result.has_value())
      ADD_FAILURE() << "the rows of job " << key.value << " contradict its state";
  }
}

std::unique_ptr<Coordinator> ModelStore::boot(const CoordinatorSettings& settings, Now now) {
  std::map<JobKey, StoredJob> jobs;
  for (const auto& [key, row] : jobs_) jobs.emplace(key, row.job);
  for (const auto& [token, attempt] : attempts_) {
    StoredJob& job = jobs.at(attempt.job);
    const bool saving = job.state == JobState::paused && attempt.state == "stopped";
    if (job.state == JobState::paused) job.attempt.reset();
    if (attempt.state != "running" && !saving) continue;
    job.attempt = token;
    job.worker = saving ? "" : attempt.worker;
  }
  Restoration restoration(settings, ++boot_epoch_);
  for (auto& [key, job] : jobs) restoration.take(std::move(job));
  for (const auto& [id, sweep] : sweeps_) restoration.take(sweep);
  for (const auto& data : data_) restoration.take(data);
  restoration.number_sweeps_behind(last_sweep_);
  return std::make_unique<Coordinator>(std::move(restoration), now);
}

JobState ModelStore::state_by_inputs(const StoredJob& job) const {
  const bool is_ready = std::ranges::all_of(job.inputs, [this](const StoredInput& input) {
    return jobs_.at(input.source).job.state == JobState::completed;
  });
  return is_ready ? JobState::ready : JobState::waiting;
}

int ModelStore::max_attempts(JobKey key) const {
  int most = 0;
  for (const auto& [id, sweep] : sweeps_)
    if (std::find(sweep.jobs.begin(), sweep.jobs.end(), key) != sweep.jobs.end())
      most = std::max(most, sweep.max_attempts);
  return most;
}

void ModelStore::put_back(const ModelStore& backup) {
  const std::int64_t boot_epoch = boot_epoch_;
  *this = backup;
  boot_epoch_ = boot_epoch;
}

const ModelStore::JobRow* ModelStore::find(const JobId& id) const {
  const auto found = keys_.find(id);
  return found == keys_.end() ? nullptr : &jobs_.at(found->second);
}

JobKey ModelStore::key_of(const std::string& label) const {
  const JobRow* row = find(id_of(label));
  EXPECT_NE(row, nullptr) << "no job " << label;
  return row == nullptr ? JobKey{} : row->job.key;
}

std::string ModelStore::history(JobKey key) const {
  std::string text;
  for (const auto& [token, attempt] : attempts_)
    if (attempt.job == key) text += (text.empty() ? "" : " ") + attempt.state;
  return text;
}

void ModelStore::write(const InsertSweep& change) {
  StoredSweep sweep;
  sweep.id = change.id;
  sweep.name = change.plan->name;
  sweep.data = change.plan->data;
  sweep.priority = change.plan->priority;
  sweep.seeds = change.plan->seeds;
  sweep.max_attempts = change.plan->max_attempts;
  sweep.requirements = change.plan->requirements;
  sweep.full_plan = change.full_plan;
  const auto [place, is_new] = sweeps_.emplace(change.id, std::move(sweep));
  ASSERT_TRUE(is_new);
  take_jobs(place->second, *change.plan, change.jobs);
}

void ModelStore::write(const ExtendSweep& change) {
  StoredSweep& sweep = sweeps_.at(change.id);
  EXPECT_TRUE(sweep.full_plan.has_value());
  EXPECT_EQ(change.part->first_job, std::ssize(sweep.jobs));
  take_jobs(sweep, *change.part, change.jobs);
}

void ModelStore::take_jobs(StoredSweep& sweep, const PlanPart& part, const TakenJobs& taken) {
  const std::size_t count = part.jobs.size();
  ASSERT_EQ(taken.keys.size(), count);
  ASSERT_EQ(taken.is_new.size(), count);
  sweep.jobs.insert(sweep.jobs.end(), taken.keys.begin(), taken.keys.end());
  for (std::size_t i = 0; i < count; ++i) {
    if (taken.is_new[i]) {
      insert_job(part, taken, i);
    } else {
      EXPECT_EQ(jobs_.at(taken.keys[i]).job.id, part.jobs[i].id);
    }
  }
}

void ModelStore::insert_job(const PlanPart& part, const TakenJobs& taken, std::size_t index) {
  const PartJob& planned = part.jobs[index];
  JobRow row;
  row.job.key = taken.keys[index];
  row.job.id = planned.id;
  const Demand& demand = part.cell_of(planned).demand;
  row.job.memory_bytes = demand.memory_bytes;
  row.job.dataset = demand.dataset;
  row.job.work = demand.work;
  for (const auto& [role, source] : planned.inputs) row.job.inputs.push_back({role, keys_.at(source)});
  row.job.state = state_by_inputs(row.job);
  EXPECT_TRUE(keys_.emplace(planned.id, row.job.key).second);
  EXPECT_TRUE(jobs_.emplace(row.job.key, std::move(row)).second);
}

void ModelStore::write(const SetSweepData& change) { sweeps_.at(change.id).data = change.data; }

void ModelStore::write(const SetSweepState& change) {
  StoredSweep& sweep = sweeps_.at(change.id);
  sweep.priority = change.priority;
  sweep.cancelled = change.cancelled;
  sweep.paused = change.paused;
  sweep.settling = change.settling;
  sweep.retrying = change.retrying;
  sweep.deleting = change.deleting;
  EXPECT_TRUE(sweep.full_plan || !change.is_incomplete) << "jobs of a complete sweep go missing";
  if (!change.is_incomplete) sweep.full_plan.reset();
}

std::vector<JobKey>& ModelStore::early_of(SweepId sweep, Pass pass) {
  StoredSweep& row = sweeps_.at(sweep);
  return pass == Pass::settling ? row.settled_early : row.retried_early;
}

void ModelStore::write(const ReachEarly& change) {
  auto& early = early_of(change.sweep, change.pass);
  EXPECT_TRUE(jobs_.contains(change.job));
  EXPECT_EQ(std::count(early.begin(), early.end(), change.job), 0) << "a row of this key is there";
  early.push_back(change.job);
}

void ModelStore::write(const ForgetEarly& change) { early_of(change.sweep, change.pass).clear(); }

void ModelStore::write(const DeleteJobs& change) {
  StoredSweep& sweep = sweeps_.at(change.sweep);
  EXPECT_TRUE(sweep.deleting);
  ASSERT_LE(change.left, std::ssize(sweep.jobs));
  sweep.jobs.resize(static_cast<std::size_t>(change.left));
  for (const JobKey key : change.jobs) {
    for (const auto& [id, other] : sweeps_)
      EXPECT_EQ(std::count(other.jobs.begin(), other.jobs.end(), key), 0)
          << "a sweep still has job " << key.value;
    for (const auto& [id, other] : sweeps_)
      EXPECT_EQ(std::count(other.settled_early.begin(), other.settled_early.end(), key) +
                    std::count(other.retried_early.begin(), other.retried_early.end(), key),
                0)
          << "a sweep still names job " << key.value;
    keys_.erase(jobs_.at(key).job.id);
    jobs_.erase(key);
    std::erase_if(attempts_, [&](const auto& attempt) { return attempt.second.job == key; });
    for (const auto& [other, row] : jobs_)
      EXPECT_EQ(std::ranges::count(row.job.inputs, key, &StoredInput::source), 0)
          << "job " << other.value << " depends on job " << key.value << ", which is gone";
  }
}

void ModelStore::write(const DeleteSweep& change) {
  const StoredSweep& sweep = sweeps_.at(change.id);
  EXPECT_TRUE(sweep.jobs.empty() && sweep.settled_early.empty() && sweep.retried_early.empty());
  sweeps_.erase(change.id);
  last_sweep_ = std::max(last_sweep_, change.id);
}

void ModelStore::write(const SetJobPriority& change) { jobs_.at(change.job).job.priority = change.priority; }

void ModelStore::write(const SetJobState& change) {
  StoredJob& job = jobs_.at(change.job).job;
  job.state = change.state;
  job.reason = change.reason;
  job.failures = change.failures;
  job.trainer_deaths = change.trainer_deaths;
  job.workers_lost = change.workers_lost;
}

void ModelStore::write(const InsertAttempt& change) {
  EXPECT_TRUE(jobs_.contains(change.job));
  EXPECT_TRUE(workers_.contains(change.worker)) << change.worker;
  const auto [place, is_new] = attempts_.try_emplace(change.token);
  if (is_new) {
    EXPECT_EQ(std::prev(attempts_.end())->first, change.token) << "tokens grow";
  } else {
    EXPECT_TRUE(place->second.state == "lost" || place->second.state == "stopped")
        << "an attempt that is " << place->second.state << " comes back";
    EXPECT_EQ(place->second.job, change.job);
  }
  place->second = AttemptRow{change.job, change.worker, "running", {}};
}

void ModelStore::write(const EndAttempt& change) {
  const auto found = attempts_.find(change.token);
  if (found == attempts_.end()) return;  // issued before an older copy was put back
  EXPECT_EQ(found->second.job, change.job);
  EXPECT_NE(found->second.state, "finished") << "the attempt whose result was taken is never touched again";
  found->second.state = change.state;
  found->second.error = change.error;
}

void ModelStore::write(const InsertEpoch& change) {
  auto& epochs = jobs_.at(change.job).epochs;
  if (change.only_if_missing)
    epochs.emplace(change.metrics.epoch, change.metrics);
  else
    epochs[change.metrics.epoch] = change.metrics;
}

void ModelStore::write(const InsertArtifact& change) {
  JobRow& row = jobs_.at(change.job);
  forget(row.job, change.artifact.kind);
  row.job.artifacts.push_back(change.artifact);
  if (change.artifact.kind != ArtifactKind::best) return;
  const auto epoch = row.epochs.find(change.epoch);
  ASSERT_NE(epoch, row.epochs.end()) << "the best checkpoint is of no epoch that was reported";
  row.job.best_top1 = epoch->second.values[Metric::top1].value_or(0);
}

void ModelStore::write(const ForgetArtifact& change) {
  EXPECT_TRUE(forget(jobs_.at(change.job).job, change.kind));
}

void ModelStore::write(const InsertResult& change) {
  JobRow& row = jobs_.at(change.job);
  EXPECT_FALSE(row.result.has_value()) << "a second result of job " << change.job.value;
  row.result = change.result;
  row.result_of = change.attempt;
}

void ModelStore::write(const SupersedeResult& change) {
  JobRow& row = jobs_.at(change.job);
  ASSERT_TRUE(row.result.has_value()) << "job " << change.job.value << " has no result to be superseded";
  row.superseded.push_back(*row.result);
  row.result.reset();
  row.epochs.clear();
  row.job.superseded = change.last;
}

void ModelStore::write(const NoteData& change) {
  const auto is_same = [&](const StoredData& data) {
    return data.dataset == change.dataset && data.state == change.state;
  };
  const auto known = std::find_if(data_.begin(), data_.end(), is_same);
  if (known == data_.end())
    data_.push_back({change.dataset, change.state, false});
  else
    known->retired = false;
}

void ModelStore::write(const RetireData& change) {
  for (auto& data : data_)
    if (data.dataset == change.dataset) data.retired = data.state.fingerprint != change.fingerprint;
}

void ModelStore::write(const AppendLog& change) {
  auto& log = jobs_.at(change.job).log;
  log.insert(log.end(), change.lines.begin(), change.lines.end());
}

void ModelStore::write(const UpsertWorker& change) { workers_.insert(change.hello.name); }

}  // namespace spin::core
