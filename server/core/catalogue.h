#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/container/deque.hpp>

#include "schema/base/number_index.h"
#include "server/core/changes.h"
#include "server/core/key_runs.h"
#include "server/core/needs.h"
#include "server/core/phase.h"
#include "server/core/small_list.h"

namespace spin::core {

/// Another job that a job needs, and as what it reads what that leaves: in the space of a number.
struct Dependency {
  Dependency() = default;
  Dependency(JobKey on, InputRole role) : value(on.value | static_cast<std::int64_t>(role) << kRoleShift) {}
  [[nodiscard]] JobKey on() const { return JobKey{value & ((std::int64_t{1} << kRoleShift) - 1)}; }
  [[nodiscard]] InputRole role() const { return static_cast<InputRole>(value >> kRoleShift); }
  bool operator==(const Dependency&) const = default;

  std::int64_t value = 0;

 private:
  static constexpr int kRoleShift = 48;
};

/// What a job has once it ran.
struct JobPast {
  std::int16_t failures = 0, trainer_deaths = 0;
  std::int32_t workers_lost = 0;
  std::vector<ArtifactRef> artifacts;  ///< each kind once
  double best_top1 = 0;                ///< of `best`
};

/// What a job has none of that never ran, waits for none and is waited for by none.
struct JobMore {
  SmallList<Dependency> depends_on;
  SmallList<JobKey> dependants;
  std::unique_ptr<JobPast> past;  ///< none until there is some
};

/// What the coordinator keeps of a job, whatever its configuration.
class Job {
 public:
  JobId id;
  JobPhase phase;  ///< changed by change() of step.h only
  NeedsId needs{};
  float work = 0;  ///< see work_of()
  SmallList<SweepId> sweeps;

  [[nodiscard]] const JobMore& more() const;
  [[nodiscard]] const JobPast& past() const;
  /// Make room for it.
  [[nodiscard]] JobMore& edit_more();
  [[nodiscard]] JobPast& edit_past();
  [[nodiscard]] std::optional<ArtifactRef> artifact(ArtifactKind kind) const;
  void set(const ArtifactRef& artifact);
  void forget(ArtifactKind kind);
  void forgive_failures();

 private:
  std::unique_ptr<JobMore> more_;  ///< none until there is some
};
static_assert(sizeof(Job) <= 80, "a sweep may have a million jobs");

struct Sweep {
  SweepId id;
  std::string name;
  std::int64_t submitted_at_ms = 0;
  int priority = 0, max_attempts = 3;
  int seeds = 1;  ///< jobs of each cell
  Requirements requirements;
  std::vector<DataPlace> data;                               ///< where the data sets of its jobs lie
  KeyRuns jobs;                                              ///< in the order of the plan
  bool cancelled = false, paused = false, deleting = false;  ///< see SetSweepState
  /// Of its jobs that are known already, those that are trained anew; while parts are missing.
  std::shared_ptr<const RetrainJobs> retrain;
  /// Of the whole plan, while jobs of it are missing: they are to come, or never will where it is cancelled.
  std::optional<PlanDigest> full_plan;

  std::optional<Settlement> settling;
  std::optional<Retrying> retrying;
  std::set<JobKey> settled_early, retried_early;  ///< see ReachEarly

  // Kept with every job that is linked, and with every change of one.
  PlanDigest digest;
  StateCounts counts;
  std::int64_t shared = 0;  ///< jobs that other sweeps have too
  double work_total = 0, work_done = 0, work_live = 0;
  std::uint64_t version = 1;
  struct RateBasis {
    Now at;
    double work_done = 0;  ///< the shares of running jobs included
  };
  std::optional<RateBasis> rate_basis;  ///< first progress of this boot

  /// Whether its jobs shall run for it.
  [[nodiscard]] bool wants_work() const { return !cancelled && !paused; }
  [[nodiscard]] bool is_settled() const { return !settling && !retrying; }
  /// Whether no other sweep may have its name yet.
  [[nodiscard]] bool keeps_name() const {
    return !cancelled && (full_plan || counts.live() + counts.paused > 0);
  }
  [[nodiscard]] std::int64_t jobs_to_come() const {
    return full_plan && !cancelled ? full_plan->jobs - static_cast<std::int64_t>(jobs.size()) : 0;
  }
  /// Of all jobs that it has or will have.
  [[nodiscard]] const PlanDigest& plan_digest() const { return full_plan ? *full_plan : digest; }
  /// "sweep 3 'name'", for people.
  [[nodiscard]] std::string title() const;
};

bool is_done(JobState state);  ///< completed or diverged
bool is_live(JobState state);  ///< may change by itself

/// Jobs, sweeps, and how they hang together. Numbers are given once in a boot.
class Catalogue {
 public:
  /// Makes room. Precondition: it has no jobs.
  void reserve(std::size_t jobs) { index_.reserve(jobs); }
  /// Numbers the job with the next key.
  JobKey add(const JobId& id);
  /// With the key that it has; keys ascend.
  Job& restore(JobKey key, const JobId& id);
  [[nodiscard]] Job* find(JobKey key);
  [[nodiscard]] const Job* find(JobKey key) const;
  [[nodiscard]] std::optional<JobKey> find(const JobId& id) const;
  /// Precondition: find(key).
  [[nodiscard]] Job& at(JobKey key) { return *find(key); }
  [[nodiscard]] const Job& at(JobKey key) const { return *find(key); }
  [[nodiscard]] JobKey last_key() const { return JobKey{static_cast<std::int64_t>(jobs_.size())}; }
  void depend(JobKey job, const Dependency& dependency);

  /// Numbers the sweep with the next id.
  Sweep& add_sweep(Sweep sweep);
  /// With the id that it has.
  Sweep& restore_sweep(Sweep sweep);
  [[nodiscard]] Sweep* find_sweep(SweepId id);
  [[nodiscard]] const Sweep* find_sweep(SweepId id) const;
  [[nodiscard]] const std::map<SweepId, Sweep>& sweeps() const { return sweeps_; }
  void link(JobKey job, Sweep& sweep);
  /// The sweep's last job leaves it.
  void unlink_last(Sweep& sweep);
  /// Of a job that no sweep has and on which none depends.
  void remove(JobKey job);
  /// Of a sweep without jobs.
  void remove_sweep(SweepId id) { sweeps_.erase(id); }
  /// The next sweep is numbered behind this one.
  void number_sweeps_behind(SweepId last) { last_sweep_ = std::max(last_sweep_, last); }

  /// The sweep for which the job counts: of those that want work the one of the highest priority, then of the
  /// lowest number. Where none wants work, one that is paused rather than cancelled; null for a job without
  /// sweeps.
  [[nodiscard]] const Sweep* owner_of(const Job& job) const;
  /// Whether a sweep that is not cancelled has the job.
  [[nodiscard]] bool is_needed(const Job& job) const;
  /// Whether all sweeps that need the job, one at least, are paused.
  [[nodiscard]] bool is_held(const Job& job) const;
  /// Attempts that may fail: the most that one of its sweeps allows.
  [[nodiscard]] int max_attempts(const Job& job) const;

  /// Brings the counts of the job's sweeps up to date after a change of its state.
  void count(const Job& job, JobState before, JobState after);
  /// Says that the job's sweeps show something new.
  void touch(const Job& job);

 private:
  [[nodiscard]] auto id_of() const {
    return [this](std::uint32_t number) { return at(JobKey{number}).id; };
  }

  // In larger blocks than those of the standard, which hold six.
  using Blocks = boost::container::deque_options_t<boost::container::block_size<1024U>>;
  boost::container::deque<Job, void, Blocks>
      jobs_;  ///< of key 1, 2, ...; a number that the store skipped is a job without an identity
  NumberIndex<JobId> index_;
  std::map<SweepId, Sweep> sweeps_;
  SweepId last_sweep_;  ///< that was ever numbered
};

}  // namespace spin::core
