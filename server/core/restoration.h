#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "server/core/coordinator.h"

namespace spin::core {

class Job;
struct Core;

struct Obstacle;

/// A coordinator in the making, from what the store holds. Of each job it holds what the coordinator will and
/// a byte or two; of those that run, that were running when a pause stopped them, that have failed or that
/// have a priority of their own, all that the store gives, until finish(). Jobs in back-off are due at once;
/// which worker a job failed on last, what workers had failed in a row, their quarantines and the progress
/// inside an epoch are not stored and begin anew.
class Restoration final : public StoredSink {
 public:
  /// `boot_epoch`: of this start, more than that of any before.
  Restoration(const CoordinatorSettings& settings, std::int64_t boot_epoch);
  ~Restoration() override;
  Restoration(Restoration&&) noexcept;
  Restoration& operator=(Restoration&&) = delete;

  void expect_jobs(std::int64_t jobs) override;
  void take(StoredJob job) override;
  void take(StoredSweep sweep) override;
  void take(StoredData data) override;
  void number_sweeps_behind(SweepId last) override;
  /// Once all was taken. Running jobs get a whole lease from `now`.
  std::unique_ptr<Core> finish(Now now);

 private:
  void restore_phase(Job& job, const StoredJob& stored, Now now);

  std::unique_ptr<Core> core_;
  std::vector<JobState> states_;       ///< of job 1, 2, ...
  std::vector<StoredJob> remarkable_;  ///< of which the state does not say all
  std::unordered_map<JobKey, std::shared_ptr<const Obstacle>>
      obstacles_;  ///< one for all jobs that it blocks
};

}  // namespace spin::core
