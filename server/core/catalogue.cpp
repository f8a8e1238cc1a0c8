#include "server/core/catalogue.h"

#include <algorithm>
#include <utility>

namespace spin::core {
namespace {

void add_work(Sweep& sweep, JobState state, double work) {
  if (is_done(state)) sweep.work_done += work;
  if (is_live(state)) sweep.work_live += work;
}

/// Whether jobs count for `one` rather than for `other`.
bool comes_first(const Sweep& one, const Sweep& other) {
  if (one.wants_work() != other.wants_work()) return one.wants_work();
  if (one.cancelled != other.cancelled) return other.cancelled;
  return one.priority != other.priority ? one.priority > other.priority : one.id < other.id;
}

}  // namespace

const JobMore& Job::more() const {
  static const JobMore kNone;
  return more_ ? *more_ : kNone;
}

JobMore& Job::edit_more() {
  if (!more_) more_ = std::make_unique<JobMore>();
  return *more_;
}

const JobPast& Job::past() const {
  static const JobPast kNone;
  return more().past ? *more().past : kNone;
}

JobPast& Job::edit_past() {
  auto& past = edit_more().past;
  if (!past) past = std::make_unique<JobPast>();
  return *past;
}

std::optional<ArtifactRef> Job::artifact(ArtifactKind kind) const {
  return artifact_in(past().artifacts, kind);
}

void Job::set(const ArtifactRef& artifact) {
  auto& all = edit_past().artifacts;
  const auto same = std::ranges::find(all, artifact.kind, &ArtifactRef::kind);
  if (same != all.end())
    *same = artifact;
  else
    all.push_back(artifact);
}

void Job::forget(ArtifactKind kind) {
  if (artifact(kind))
    std::erase_if(edit_past().artifacts, [kind](const auto& one) { return one.kind == kind; });
}

void Job::forgive_failures() {
  if (more().past) edit_past().failures = edit_past().trainer_deaths = 0;
}

std::string Sweep::title() const { return "sweep " + std::to_string(id.value) + " '" + name + "'"; }

bool is_done(JobState state) { return state == JobState::completed || state == JobState::diverged; }

bool is_live(JobState state) {
  return state == JobState::waiting || state == JobState::ready || state == JobState::backoff ||
         state == JobState::running;
}

JobKey Catalogue::add(const JobId& id) {
  const JobKey key{last_key().value + 1};
  restore(key, id);
  return key;
}

Job& Catalogue::restore(JobKey key, const JobId& id) {
  while (last_key().value + 1 < key.value) jobs_.emplace_back();
  index_.insert(id, static_cast<std::uint32_t>(key.value), id_of());
  Job& job = jobs_.emplace_back();
  job.id = id;
  return job;
}

Job* Catalogue::find(JobKey key) { return const_cast<Job*>(std::as_const(*this).find(key)); }

const Job* Catalogue::find(JobKey key) const {
  if (key.value < 1 || key > last_key()) return nullptr;
  const Job& job = jobs_[static_cast<std::size_t>(key.value - 1)];
  return job.id == JobId{} ? nullptr : &job;
}

std::optional<JobKey> Catalogue::find(const JobId& id) const {
  const auto number = index_.find(id, id_of());
  return number ? std::optional(JobKey{*number}) : std::nullopt;
}

void Catalogue::depend(JobKey job, const Dependency& dependency) {
  at(job).edit_more().depends_on.add(dependency);
  at(dependency.on()).edit_more().dependants.add(job);
}

Sweep& Catalogue::add_sweep(Sweep sweep) {
  sweep.id.value = last_sweep_.value + 1;
  return restore_sweep(std::move(sweep));
}

Sweep& Catalogue::restore_sweep(Sweep sweep) {
  const SweepId id = sweep.id;
  number_sweeps_behind(id);
  return sweeps_[id] = std::move(sweep);
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
  const auto others = job.sweeps.items();
  if (others.size() == 1) ++sweeps_.at(others.front()).shared;
  if (!others.empty()) ++sweep.shared;
  job.sweeps.add(sweep.id);
  sweep.jobs.push_back(key);
  sweep.digest.add(job.id);
  ++sweep.version;
  sweep.work_total += job.work;
  const JobState state = state_of(job.phase);
  ++sweep.counts[state];
  add_work(sweep, state, job.work);
}

void Catalogue::unlink_last(Sweep& sweep) {
  Job& job = at(sweep.jobs.back());
  sweep.jobs.pop_back();
  job.sweeps.remove(sweep.id);
  const auto others = job.sweeps.items();
  if (others.size() == 1) --sweeps_.at(others.front()).shared;
  if (!others.empty()) --sweep.shared;
  sweep.digest.remove(job.id);
  ++sweep.version;
  const JobState state = state_of(job.phase);
  --sweep.counts[state];
  add_work(sweep, state, -job.work);
  sweep.work_total -= job.work;
}

void Catalogue::remove(JobKey key) {
  Job& job = at(key);
  for (const Dependency& needed : job.more().depends_on.items())
    at(needed.on()).edit_more().dependants.remove(key);
  index_.erase(job.id, id_of());
  job = Job();
}

const Sweep* Catalogue::owner_of(const Job& job) const {
  const Sweep* owner = nullptr;
  for (const SweepId id : job.sweeps.items()) {
    const Sweep& sweep = sweeps_.at(id);
    if (owner == nullptr || comes_first(sweep, *owner)) owner = &sweep;
  }
  return owner;
}

bool Catalogue::is_needed(const Job& job) const {
  const auto sweeps = job.sweeps.items();
  return std::any_of(sweeps.begin(), sweeps.end(), [this](SweepId id) { return !sweeps_.at(id).cancelled; });
}

bool Catalogue::is_held(const Job& job) const {
  const auto sweeps = job.sweeps.items();
  return is_needed(job) && std::none_of(sweeps.begin(), sweeps.end(),
                                        [this](SweepId id) { return sweeps_.at(id).wants_work(); });
}

int Catalogue::max_attempts(const Job& job) const {
  int most = 1;
  for (const SweepId id : job.sweeps.items()) most = std::max(most, sweeps_.at(id).max_attempts);
  return most;
}

void Catalogue::count(const Job& job, JobState before, JobState after) {
  for (const SweepId id : job.sweeps.items()) {
    Sweep& sweep = sweeps_.at(id);
    --sweep.counts[before];
    ++sweep.counts[after];
    add_work(sweep, before, -job.work);
    add_work(sweep, after, job.work);
    ++sweep.version;
  }
}

void Catalogue::touch(const Job& job) {
  for (const SweepId id : job.sweeps.items()) ++sweeps_.at(id).version;
}

}  // namespace spin::core
