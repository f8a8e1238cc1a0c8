#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/core/step.h"

namespace spin::core {

/// What was asked of sweeps and has not reached some jobs of them yet.
class Unreached {
 public:
  /// Of one sweep; `retry` comes first.
  struct Owed {
    SweepId sweep;
    bool retry = false, settle = false;
  };
  struct Outlook {
    JobState state = JobState::waiting;
    std::string reason;  ///< where the state is another than now
  };

  /// Looks once at what is left of each sweep that is not settled and has one of the jobs.
  Unreached(const Core& core, std::vector<JobKey> keys);

  /// In the order in which the sweeps come to the job.
  [[nodiscard]] std::span<const Owed> of(JobKey key) const;
  /// What one of the jobs will be.
  [[nodiscard]] Outlook outlook(JobKey key) const;

 private:
  void look_at(const Sweep& sweep, std::span<const JobKey> keys);
  [[nodiscard]] bool goes_on(JobKey key) const;
  [[nodiscard]] std::string cancel_reason(JobKey key) const;

  const Core& core_;
  std::unordered_map<JobKey, std::vector<Owed>> owed_;  ///< none is empty
};

}  // namespace spin::core
