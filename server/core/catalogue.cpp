#include "server/core/catalogue.h"

#include <utility>

namespace spin::core {
namespace {

void add_work(Sweep& sweep, JobState state, double work) {
  if (is_done(state)) sweep.work_done += work;
  if (is_live(state)) sweep.work_live += work;
}

}  // namespace

std::optional<ArtifactRef> Job::checkpoint() const {
  return artifacts ? artifacts->checkpoint : std::nullopt;
}

std::optional<ArtifactRef> Job::model() const { return artifacts ? artifacts->model : std::nullopt; }

void Job::set(const ArtifactRef& artifact) {
  if (!artifacts) artifacts = std::make_unique<JobArtifacts>();
  (artifact.kind == ArtifactKind::model ? artifacts->model : artifacts->checkpoint) = artifact;
}

void Job::forget_checkpoint() {
  if (artifacts) artifacts->checkpoint.reset();
}

std::int64_t& count_of(StateCounts& counts, JobState state) {
  switch (state) {
    case JobState::waiting:
      return counts.waiting;
    case JobState::ready:
      return counts.ready;
    case JobState::backoff:
      return counts.backoff;
    case JobState::running:
      return counts.running;
    case JobState::completed:
      return counts.completed;
    case JobState::diverged:
      return counts.diverged;
    case JobState::failed:
      return counts.failed;
    case JobState::blocked:
      return counts.blocked;
    case JobState::cancelled:
      return counts.cancelled;
    case JobState::paused:
      break;
  }
  return counts.paused;
}

bool is_done(JobState state) { return state == JobState::completed || state == JobState::diverged; }

bool is_live(JobState state) {
  return state == JobState::waiting || state == JobState::ready || state == JobState::backoff ||
         state == JobState::running;
}

JobKey Catalogue::add(Job job) {
  const JobKey key{last_key().value + 1};
  restore(key, std::move(job));
  return key;
}

void Catalogue::restore(JobKey key, Job job) {
  while (last_key().value + 1 < key.value) jobs_.emplace_back();
  index_.insert(job.id, key, [this](JobKey other) { return at(other).id; });
  jobs_.push_back(std::move(job));
}

Job* Catalogue::find(JobKey key) { return const_cast<Job*>(std::as_const(*this).find(key)); }

const Job* Catalogue::find(JobKey key) const {
  if (key.value < 1 || key > last_key()) return nullptr;
  const Job& job = jobs_[static_cast<std::size_t>(key.value - 1)];
  return job.id == JobId{} ? nullptr : &job;
}

std::optional<JobKey> Catalogue::find(const JobId& id) const {
  return index_.find(id, [this](JobKey key) { return at(key).id; });
}

void Catalogue::depend(JobKey job, JobKey on) {
  at(job).depends_on.add(on);
  at(on).dependants.add(job);
}

Sweep& Catalogue::add_sweep(const std::string& name, std::int64_t submitted_at_ms) {
  const std::int64_t last = sweeps_.empty() ? 0 : sweeps_.rbegin()->first.value;
  return restore_sweep(SweepId{last + 1}, name, submitted_at_ms);
}

Sweep& Catalogue::restore_sweep(SweepId id, const std::string& name, std::int64_t submitted_at_ms) {
  Sweep& sweep = sweeps_[id];
  sweep.id = id;
  sweep.name = name;
  sweep.submitted_at_ms = submitted_at_ms;
  return sweep;
}

Sweep* Catalogue::find_sweep(SweepId id) {
  const auto found = sweeps_.find(id);
  return found == sweeps_.end() ? nullptr : &found->second;
}

const Sweep* Catalogue::find_sweep(SweepId id) const {
  const auto found = sweeps_.find(id);
  return found == sweeps_.end() ? nullptr : &found->second;
}

void Catalogue::link(JobKey key, Sweep& sweep) {
  Job& job = at(key);
  job.sweeps.add(sweep.id);
  sweep.jobs.push_back(key);
  sweep.work_total += job.work;
  const JobState state = state_of(job.phase);
  ++count_of(sweep.counts, state);
  add_work(sweep, state, job.work);
}

void Catalogue::count(const Job& job, JobState before, JobState after) {
  for (const SweepId id : job.sweeps.items()) {
    Sweep& sweep = sweeps_.at(id);
    --count_of(sweep.counts, before);
    ++count_of(sweep.counts, after);
    add_work(sweep, before, -job.work);
    add_work(sweep, after, job.work);
    ++sweep.version;
  }
}

void Catalogue::touch(const Job& job) {
  for (const SweepId id : job.sweeps.items()) ++sweeps_.at(id).version;
}

}  // namespace spin::core
