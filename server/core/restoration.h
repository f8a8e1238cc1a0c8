#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "server/core/coordinator.h"

namespace spin::core {

struct Core;

/// A coordinator in the making, from what the store holds. Jobs in back-off are due at once. Holds no more of
/// a job than the coordinator will, but for the few that run, have failed or were steered.
class Restoration final : public StoredSink {
 public:
  /// `boot_epoch`: of this start, more than that of any before.
  Restoration(const Settings& settings, std::int64_t boot_epoch);
  ~Restoration() override;
  Restoration(Restoration&&) noexcept;
  Restoration& operator=(Restoration&&) = delete;

  void take(StoredJob job) override;
  void take(StoredSweep sweep) override;
  /// Once all was taken. Running jobs get a whole lease from `now`.
  std::unique_ptr<Core> finish(Now now);

 private:
  void restore_phase(const StoredJob& stored, Now now);

  std::unique_ptr<Core> core_;
  std::vector<JobState> states_;       ///< of job 1, 2, ...
  std::vector<StoredJob> remarkable_;  ///< of which the state does not say all
};

}  // namespace spin::core
