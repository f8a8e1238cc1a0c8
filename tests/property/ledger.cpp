#include "tests/property/ledger.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "server/core/needs.h"

namespace spin::core {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::int64_t memory_of(const StoredSweep& sweep, const StoredJob& job) {
  return sweep.requirements.memory_bytes.value_or(NeedsTable::round_up(job.memory_bytes));
}

bool has_job(const StoredSweep& sweep, JobKey job) {
  return std::find(sweep.jobs.begin(), sweep.jobs.end(), job) != sweep.jobs.end();
}

}  // namespace

bool suits(const WorkerHello& worker, const DeviceOffer& offer, const StoredSweep& sweep,
           std::int64_t memory_bytes) {
  const Requirements& asked = sweep.requirements;
  if (asked.device && (*asked.device == Device::Kind::cpu) != (offer.device == "cpu")) return false;
  if (offer.memory_bytes != 0 && memory_bytes > offer.memory_bytes) return false;
  return std::all_of(asked.labels.begin(), asked.labels.end(),
                     [&](const std::string& label) { return contains(worker.labels, label); });
}

bool suits(const WorkerHello& worker, const StoredSweep& sweep, std::int64_t memory_bytes) {
  return std::any_of(worker.devices.begin(), worker.devices.end(),
                     [&](const DeviceOffer& offer) { return suits(worker, offer, sweep, memory_bytes); });
}

void Ledger::observe(const Change& change) {
  if (const auto* lease = std::get_if<InsertAttempt>(&change)) {
    if (!store_.attempts().contains(lease->token)) check_lease(*lease);
  } else if (const auto* end = std::get_if<EndAttempt>(&change)) {
    for (auto& [worker, leases] : given_) leases.erase(end->token);
  } else if (const auto* state = std::get_if<SetJobState>(&change)) {
    if (state->state == JobState::cancelled) ever_cancelled_.insert(state->job);
  } else if (const auto* gone = std::get_if<DeleteJobs>(&change)) {
    for (const auto& [token, attempt] : store_.attempts())
      if (std::find(gone->jobs.begin(), gone->jobs.end(), attempt.job) != gone->jobs.end())
        deleted_.insert(token);
  } else if (const auto* worker = std::get_if<UpsertWorker>(&change)) {
    hellos_[worker->hello.name] = worker->hello;
    given_.erase(worker->hello.name);
  }
}

const StoredSweep* Ledger::owner_of(JobKey job) const {
  const StoredSweep* owner = nullptr;
  for (const auto& [id, sweep] : store_.sweeps())
    if (!sweep.cancelled && !sweep.paused && (owner == nullptr || sweep.priority > owner->priority) &&
        has_job(sweep, job))
      owner = &sweep;
  return owner;
}

int Ledger::priority_of(const StoredJob& job) const {
  return job.priority.value_or(owner_of(job.key)->priority);
}

int Ledger::running_of(SweepId sweep) const {
  return static_cast<int>(std::count_if(store_.jobs().begin(), store_.jobs().end(), [&](const auto& entry) {
    return entry.second.job.state == JobState::running && owner_of(entry.first)->id == sweep;
  }));
}

void Ledger::check_lease(const InsertAttempt& lease) {
  const StoredJob& job = store_.job(lease.job).job;
  EXPECT_EQ(job.state, JobState::ready) << "a lease of job " << lease.job.value;
  const StoredSweep* owner = owner_of(lease.job);
  ASSERT_NE(owner, nullptr) << "job " << lease.job.value << " runs for nobody";
  const WorkerHello& worker = hellos_.at(lease.worker);
  const std::int64_t need = memory_of(*owner, job);
  ASSERT_EQ(devices_[lease.token].size(), 1U) << "a job runs on one device";
  const std::string& device = devices_[lease.token].front();
  const std::string place = device + " of worker " + lease.worker;
  const auto offer = std::find_if(worker.devices.begin(), worker.devices.end(),
                                  [&](const DeviceOffer& each) { return each.device == device; });
  ASSERT_NE(offer, worker.devices.end()) << place;
  EXPECT_TRUE(suits(worker, *offer, *owner, need)) << "job " << lease.job.value << " on " << place;
  std::int64_t given = need;
  int jobs = 0;
  auto& leases = given_[lease.worker];
  for (const auto& [token, other] : leases) {
    if (other.device != device) continue;
    given += other.memory_bytes;
    ++jobs;
  }
  if (offer->memory_bytes != 0) {
    EXPECT_LE(given, offer->memory_bytes) << place << " was given more than it has";
  }
  EXPECT_LT(jobs, worker.slots) << place;
  leases[lease.token] = {device, need};
  const auto draining = draining_.find(lease.worker);
  EXPECT_FALSE(draining != draining_.end() && draining->second == worker.pid)
      << lease.worker << " was asked to drain";
  if (is_plain_ && !probes_.contains(lease.token)) check_order(job);
}

/// Where every worker takes every job, the queue's order is that of the leases.
void Ledger::check_order(const StoredJob& job) const {
  const SweepId sweep = owner_of(job.key)->id;
  const int priority = priority_of(job);
  const int running = running_of(sweep);
  for (const auto& [key, row] : store_.jobs()) {
    // One that nobody wants any more may still be called ready.
    if (row.job.state != JobState::ready || key == job.key || owner_of(key) == nullptr) continue;
    const int other_priority = priority_of(row.job);
    EXPECT_LE(other_priority, priority) << "job " << key.value << " comes before " << job.key.value;
    if (other_priority != priority) continue;
    const SweepId other = owner_of(key)->id;
    if (other == sweep) {
      EXPECT_LT(job.key, key);
    } else {
      EXPECT_LE(std::pair(running, sweep), std::pair(running_of(other), other)) << "an unfair share";
    }
  }
}

bool Ledger::can_run(const StoredJob& job, const std::vector<SimWorker>& workers) const {
  const StoredSweep* owner = owner_of(job.key);
  if (owner == nullptr) return false;
  const bool suited = std::any_of(workers.begin(), workers.end(), [&](const SimWorker& worker) {
    return suits(worker.hello(), *owner, memory_of(*owner, job));
  });
  return suited && std::all_of(job.inputs.begin(), job.inputs.end(), [&](const StoredInput& input) {
           const StoredJob& dependency = store_.job(input.source).job;
           return dependency.state == JobState::completed || can_run(dependency, workers);
         });
}

void Ledger::check_job(const ModelStore::JobRow& row, const std::map<AttemptToken, JobId>& finished,
                       const std::vector<SimWorker>& workers) const {
  const StoredJob& job = row.job;
  const std::string name = "job " + std::to_string(job.key.value);
  if (row.result) {
    const auto source = finished.find(row.result_of);
    ASSERT_NE(source, finished.end()) << name << " has a result that no worker trained";
    EXPECT_EQ(source->second, job.id);
    const bool is_whole = row.epochs.size() == static_cast<std::size_t>(SimWorker::kEpochs - 1);
    // That of a job that was deleted and handed in again may be the result of before.
    EXPECT_TRUE(is_whole || ever_cancelled_.contains(job.key) || deleted_.contains(row.result_of))
        << name << " has a result and no whole curve";
  }
  if (job.state == JobState::failed) {
    EXPECT_TRUE(job.failures >= store_.max_attempts(job.key) || job.trainer_deaths >= 3)
        << name << " is condemned for nothing";
  }
  if (job.state == JobState::paused || job.state == JobState::cancelled) {
    for (const SimWorker& worker : workers)
      EXPECT_FALSE(worker.trains(job.id)) << name << " is stopped and runs";
  }
  EXPECT_NE(job.state, JobState::running) << name;
  EXPECT_NE(job.state, JobState::backoff) << name;
  if (job.state == JobState::ready) {
    EXPECT_FALSE(can_run(job, workers)) << name << " could run";
  }
  if (job.state == JobState::waiting) {
    const auto stuck = [&](const StoredInput& input) {
      const JobState state = store_.job(input.source).job.state;
      return state == JobState::paused || state == JobState::ready || state == JobState::waiting;
    };
    EXPECT_TRUE(std::any_of(job.inputs.begin(), job.inputs.end(), stuck)) << name << " waits for nothing";
  }
}

void Ledger::check_end(const std::vector<SimWorker>& workers) const {
  std::map<AttemptToken, JobId> finished;
  for (const SimWorker& worker : workers) finished.insert(worker.finished().begin(), worker.finished().end());
  for (const auto& [key, row] : store_.jobs()) check_job(row, finished, workers);
  for (const SimWorker& worker : workers)
    for (const AttemptToken& token : worker.acknowledged()) {
      if (deleted_.contains(token)) continue;
      const auto* row = store_.find(finished.at(token));
      ASSERT_NE(row, nullptr);
      EXPECT_TRUE(row->result.has_value() || ever_cancelled_.contains(row->job.key))
          << "an acknowledged result is gone";
    }
}

}  // namespace spin::core
