#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "server/core/changes.h"

namespace spin {

/// What a coordinator stores while it works, as transactions of a few changes of all kinds that fit together.
/// Jobs are deleted in transactions of their own. The same for a seed.
class Workload {
 public:
  explicit Workload(unsigned seed) : random_(seed) {}
  std::vector<core::Change> next();

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  /// Of those that are not being deleted.
  SweepId any_sweep();
  core::JobKey any_job();
  std::string any_worker() { return "worker-" + std::to_string(pick(3)); }
  ArtifactRef any_artifact(ArtifactKind kind);
  core::Change submit();
  void add_change(std::vector<core::Change>& changes);
  void steer(std::vector<core::Change>& changes);
  void begin_deletion(std::vector<core::Change>& changes);
  core::Change delete_some();
  void begin_attempt(std::vector<core::Change>& changes);
  void finish(std::vector<core::Change>& changes);
  core::Change set_any_state();
  core::Change report_epoch();
  core::Change append_log();

  std::mt19937 random_;
  std::int64_t jobs_ = 0, attempts_ = 0;  ///< that ever were
  SweepId last_sweep_;
  std::map<SweepId, std::vector<core::JobKey>> sweeps_;  ///< their jobs
  std::optional<SweepId> deleting_;
  std::set<std::pair<SweepId, core::JobKey>> early_;
  std::set<core::JobKey> finished_;
};

}  // namespace spin
